import { describe, expect, it } from 'vitest';
import { readPages } from './pages.ts';
import { readTitles, type Title, titlesOf } from './titles.ts';
import {
  hasEmptySubject,
  meanLength,
  opensWithClause,
  readDocblocks,
  readPageWords,
  sentencesOf,
} from './words.ts';

/** Openings that readers found hard. */
const HARD = [
  'What came first was looked at alone, and a cookie behind it may well be good.',
  'Whoever only looks is sent where they can sign in.',
  'How a store’s answer was come by.',
  'Where everything ends up that has nowhere finer to go.',
];
const PLAIN = [
  'Returns the value to forward, or `undefined` to drop the header.',
  'The deadline for one read of KV, in milliseconds.',
  'Removes the headers of one hop. They are not forwarded.',
];

describe('measured words', () => {
  it('control: a clause without a noun and an empty subject are found, and plain sentences pass', () => {
    const opens = (text: string) => opensWithClause({ sentences: sentencesOf(`* ${text}`) });
    expect(HARD.filter((text) => !opens(text))).toEqual([]);
    expect(PLAIN.filter(opens)).toEqual([]);
    expect(hasEmptySubject('Nobody is asked who made it.')).toBe(true);
    expect(hasEmptySubject('It is kept, but nothing of it is sent.')).toBe(true);
    expect(PLAIN.filter(hasEmptySubject)).toEqual([]);
  });
});

describe.each([{ folders: ['src'] }, { folders: ['bench', 'cli', 'standins', 'test'] }])(
  'the docblocks of $folders',
  ({ folders }) => {
    const docblocks = folders.flatMap(readDocblocks);
    const sentences = docblocks.flatMap(({ file, line, sentences }) =>
      sentences.map((sentence) => ({ place: `${file}:${line}`, sentence })),
    );

    it('open in at most 3 % with a clause that has no noun', () => {
      const clauses = docblocks.filter(opensWithClause);
      const places = clauses.map(
        ({ file, line, sentences: [first] }) => `${file}:${line} ${first}`,
      );
      expect(docblocks.length).toBeGreaterThan(1000);
      expectFew(places, docblocks.length, 3, 'docblocks open with a clause');
    });

    it('have an empty subject in at most 2 % of sentences', () => {
      const empty = sentences.filter(({ sentence }) => hasEmptySubject(sentence));
      const places = empty.map(({ place, sentence }) => `${place} ${sentence}`);
      expectFew(places, sentences.length, 2, 'sentences have an empty subject');
    });
  },
);

describe('the titles of tests', () => {
  const titles = readTitles();
  const placesOf = (found: readonly Title[]) =>
    found.map(({ file, line, text }) => `${file}:${line} ${text}`);

  it('control: titles and the names of rows are read, without ids and placeholders', () => {
    const source = `
      const ROWS = { 'who asks': 1, 'a token': 2 };
      describe('a gate', () => {
        it('T1, T2: nobody passes', () => {});
        it.each(['no one'])('P1: refuses %s', () => {});
        it.each([['%2F', 'whatever comes', 400]] as const)('%j: %s is %i', () => {});
        it.each(Object.entries(ROWS))('answers %s', () => {});
        describe.each([{ name: 'where it is', other: 'what' }])('$name', () => {});
        test.skipIf(true)(\`\${name} passes\`, () => {});
        other('what');
      });`;
    expect(titlesOf('', source).map(({ text }) => text)).toEqual([
      'a gate',
      'nobody passes',
      'refuses it',
      'no one',
      'it: it is it',
      'whatever comes',
      'answers it',
      'who asks',
      'a token',
      'it',
      'where it is',
      'it passes',
    ]);
  });

  it.each([
    { kind: 'title', least: 2400 },
    { kind: 'row', least: 1500 },
  ])('of kind $kind open in at most 3 % with a clause that has no noun', ({ kind, least }) => {
    const measured = titles.filter((title) => title.kind === kind);
    const clauses = measured.filter(({ text }) => opensWithClause({ sentences: [text] }));
    expect(measured.length).toBeGreaterThan(least);
    expectFew(placesOf(clauses), measured.length, 3, `texts of kind ${kind} open with a clause`);
  });

  it.each([{ kind: 'title' }, { kind: 'row' }])(
    'of kind $kind have an empty subject in at most 2 %',
    ({ kind }) => {
      const measured = titles.filter((title) => title.kind === kind);
      const empty = measured.filter(({ text }) => hasEmptySubject(text));
      expectFew(placesOf(empty), measured.length, 2, `texts of kind ${kind} have an empty subject`);
    },
  );
});

/** Expects at most `limit` percent, prints the percentage, and lists the places when there are more. */
function expectFew(places: readonly string[], all: number, limit: number, finding: string): void {
  const percent = (100 * places.length) / all;
  console.log(`${places.length} of ${all} ${finding}: ${percent.toFixed(1)} %`);
  expect(percent, list(places)).toBeLessThanOrEqual(limit);
}

/** The page that `npm run docs` writes from the descriptions of settings. */
const SETTINGS_PAGE = 'docs/configuration.md';
/** A line that is no sentence: the default and the unit of a setting. */
const FACT = /^(?:Default: it|Unit: .*|Optional|Required)\.$/;
const PAGES = readPages()
  .filter(({ path }) => path === 'README.md' || path.startsWith('docs/'))
  .map(readPageWords);

describe('the words of the documentation', () => {
  it('control: prose and tables are read, code and headings are not', () => {
    const text =
      '# What it is\n\nOne [gate](a.md) stands here. Nobody\npasses.\n\n- Two.\n\n| a | b |\n| --- | --- |\n| `x` | Nothing is kept. |\n\n```sh\nrm -r x\n```\n';
    const { prose, cells } = readPageWords({ path: '', text });
    expect(prose).toEqual(['One gate stands here.', 'Nobody passes.', 'Two.']);
    expect(cells).toEqual(['it', 'Nothing is kept.']);
    expect(meanLength(prose)).toBeCloseTo(7 / 3);
    expect([...prose, ...cells].filter(hasEmptySubject)).toHaveLength(2);
  });

  it.each([
    { name: 'README.md and docs/', pages: PAGES.filter(({ path }) => path !== SETTINGS_PAGE) },
    { name: 'descriptions of settings', pages: PAGES.filter(({ path }) => path === SETTINGS_PAGE) },
  ])('in $name have an empty subject in at most 2 % of sentences', ({ name, pages }) => {
    const sentences = pages.flatMap(({ path, prose, cells }) =>
      [...prose, ...cells].map((sentence) => ({ path, sentence })),
    );
    const empty = sentences.filter(({ sentence }) => hasEmptySubject(sentence));
    const percent = (100 * empty.length) / sentences.length;
    const prose = pages.flatMap((page) => page.prose).filter((text) => !FACT.test(text));
    const mean = meanLength(prose);
    console.log(
      `${name}: ${empty.length} of ${sentences.length} sentences have an empty subject: ${percent.toFixed(1)} %; mean length of a sentence outside tables: ${mean.toFixed(1)} words`,
    );
    expect(sentences.length).toBeGreaterThan(100);
    expect(
      percent,
      list(empty.map(({ path, sentence }) => `${path} ${sentence}`)),
    ).toBeLessThanOrEqual(2);
  });
});

function list(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

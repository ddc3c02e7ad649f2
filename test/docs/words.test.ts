import { describe, expect, it } from 'vitest';
import { readPages } from './pages.ts';
import {
  hasEmptySubject,
  meanLength,
  opensWithClause,
  readDocblocks,
  readPageWords,
  sentencesOf,
} from './words.ts';

const DOCBLOCKS = readDocblocks();
const SENTENCES = DOCBLOCKS.flatMap(({ file, line, sentences }) =>
  sentences.map((sentence) => ({ place: `${file}:${line}`, sentence })),
);

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

describe('the words of src/', () => {
  it('control: a clause without a noun and an empty subject are found, and plain sentences pass', () => {
    const opens = (text: string) =>
      opensWithClause({ file: '', line: 1, sentences: sentencesOf(`* ${text}`) });
    expect(HARD.filter((text) => !opens(text))).toEqual([]);
    expect(PLAIN.filter(opens)).toEqual([]);
    expect(hasEmptySubject('Nobody is asked who made it.')).toBe(true);
    expect(hasEmptySubject('It is kept, but nothing of it is sent.')).toBe(true);
    expect(PLAIN.filter(hasEmptySubject)).toEqual([]);
  });

  it('open at most 3 % of docblocks with a clause that has no noun', () => {
    const clauses = DOCBLOCKS.filter(opensWithClause);
    const percent = (100 * clauses.length) / DOCBLOCKS.length;
    console.log(
      `${clauses.length} of ${DOCBLOCKS.length} docblocks open with a clause: ${percent.toFixed(1)} %`,
    );
    expect(DOCBLOCKS.length).toBeGreaterThan(1000);
    expect(percent, list(clauses.map(({ file, line }) => `${file}:${line}`))).toBeLessThanOrEqual(
      3,
    );
  });

  it('make nobody or nothing the subject of at most 2 % of sentences', () => {
    const empty = SENTENCES.filter(({ sentence }) => hasEmptySubject(sentence));
    const percent = (100 * empty.length) / SENTENCES.length;
    console.log(
      `${empty.length} of ${SENTENCES.length} sentences have an empty subject: ${percent.toFixed(1)} %`,
    );
    expect(
      percent,
      list(empty.map(({ place, sentence }) => `${place} ${sentence}`)),
    ).toBeLessThanOrEqual(2);
  });
});

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
  ])(
    'in $name make nobody or nothing the subject of at most 2 % of sentences',
    ({ name, pages }) => {
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
    },
  );
});

function list(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

import { describe, expect, it } from 'vitest';
import { hasEmptySubject, opensWithClause, readDocblocks, sentencesOf } from './words.ts';

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

function list(lines: readonly string[]): string {
  return `\n${lines.join('\n')}\n`;
}

import { describe, expect, it } from 'vitest';
import { describeCorpus, readJsonSamples, readLines, readNaughtyStrings } from './corpus.ts';

describe('readLines()', () => {
  const lines = readLines('path-traversal.txt');
  it.skipIf(lines === undefined)(`gives inputs; ${describeCorpus('path-traversal.txt')}`, () => {
    expect(lines?.length).toBeGreaterThan(100);
    expect(lines).not.toContain('');
  });
});

describe('readNaughtyStrings()', () => {
  const strings = readNaughtyStrings();
  it.skipIf(strings === undefined)('gives bytes', () => {
    expect(strings?.length).toBeGreaterThan(500);
    expect(strings?.map((bytes) => Buffer.from(bytes).toString())).toContain('undefined');
  });
});

describe('readJsonSamples()', () => {
  const samples = readJsonSamples();
  it.skipIf(samples === undefined)('says which texts are valid', () => {
    const { valid, invalid, either } = Object.groupBy(samples ?? [], ({ verdict }) => verdict);
    expect([valid?.length, invalid?.length, either?.length]).toEqual([95, 188, 35]);
    const decode = ({ bytes }: { bytes: Uint8Array }) => JSON.parse(Buffer.from(bytes).toString());
    for (const sample of valid ?? []) expect(() => decode(sample)).not.toThrow();
  });
});

/** Hostile inputs that others collected, kept beside this repository and not in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from './repository.ts';

const CORPORA = inRepository('../shared/corpora');

/** The collections that hold one input per line. */
export type LineCorpus =
  | 'path-traversal.txt'
  | 'open-redirect.txt'
  | 'crlf.txt'
  | 'header-names.txt';

/** What RFC 8259 says of a text, by the first letter of its file name. */
export type JsonVerdict = 'valid' | 'invalid' | 'either';

/** One text of the JSON collection. */
export interface JsonSample {
  readonly name: string;
  readonly verdict: JsonVerdict;
  readonly bytes: Uint8Array;
}

const VERDICTS: Readonly<Record<string, JsonVerdict>> = { y: 'valid', n: 'invalid', i: 'either' };

/** The collection a test runs over, or why it is skipped: for the test's name. */
export function describeCorpus(name: string): string {
  return existsSync(join(CORPORA, name))
    ? `over ${name}`
    : `skipped: ../shared/corpora/${name} is not beside this checkout`;
}

/** The inputs of a collection, each once and none empty; `undefined` when it is not there. */
export function readLines(file: LineCorpus): string[] | undefined {
  const bytes = readCorpus(file);
  if (bytes === undefined) return undefined;
  return [...new Set(bytes.toString('utf8').split('\n'))].filter((line) => line !== '');
}

/** Strings that break programs, as bytes, for not all are UTF-8; `undefined` when they are not there. */
export function readNaughtyStrings(): Uint8Array[] | undefined {
  const bytes = readCorpus('naughty-strings.base64.json');
  if (bytes === undefined) return undefined;
  const encoded: unknown = JSON.parse(bytes.toString('utf8'));
  if (!Array.isArray(encoded)) throw new Error('naughty-strings.base64.json is not a list');
  return encoded.map((text) => Buffer.from(String(text), 'base64'));
}

/** The JSON texts with what is expected of each; `undefined` when they are not there. */
export function readJsonSamples(): JsonSample[] | undefined {
  const folder = join(CORPORA, 'json-parsing');
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, verdict: verdictOf(name), bytes: readFileSync(join(folder, name)) }));
}

function verdictOf(name: string): JsonVerdict {
  const verdict = VERDICTS[name.charAt(0)];
  if (verdict === undefined) throw new Error(`${name} does not say whether it is valid`);
  return verdict;
}

function readCorpus(file: string): Buffer | undefined {
  const path = join(CORPORA, file);
  return existsSync(path) ? readFileSync(path) : undefined;
}

import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from '../../support/repository.ts';

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** One exchange with the real Kratos, as `test/standins/recordings/README.md` describes it. */
export interface Recording {
  /** The number in the file's name, such as `001`. */
  readonly number: string;
  readonly name: string;
  readonly config: string;
  readonly request: {
    readonly api: 'public' | 'admin';
    readonly method: string;
    readonly path: string;
    readonly headers: HeaderPairs;
    readonly body?: string;
  };
  readonly response: RecordedResponse;
}

export interface RecordedResponse {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string;
}

const FOLDER = inRepository('test/standins/recordings');

/** All recordings, in the order in which they were made. */
export function readRecordings(): Recording[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => ({
    number: file.slice(0, 3),
    // The files are data of this repository: their members are those that its README lists.
    ...(JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Omit<Recording, 'number'>),
  }));
}

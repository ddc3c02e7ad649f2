import { readdirSync, readFileSync } from 'node:fs';
import { inRepository } from './repository.ts';

/** One exchange with the real Kratos (`test/standins/recordings/README.md`). */
export interface Recording {
  readonly request: { readonly method: string; readonly path: string; readonly body?: string };
  readonly response: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string;
  };
}

const FOLDER = inRepository('test/standins/recordings');

/** Reads the recording of this name, without its number. */
export function recording(name: string): Recording {
  const file = readdirSync(FOLDER).find((one) => one.replace(/^\d+-/, '') === `${name}.json`);
  if (file === undefined) throw new Error(`no recording is named ${name}`);
  return JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')) as Recording; // data of this repository
}

/** A header of a recorded response, by its name in any case. */
export function recordedHeader({ response }: Recording, name: string): string | undefined {
  return response.headers.find(([one]) => one.toLowerCase() === name)?.[1];
}

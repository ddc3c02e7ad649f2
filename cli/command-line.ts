import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Exit status for a wrong command line. Status 1 is for findings. */
const WRONG_CALL = 2;

/**
 * Reads the command line, as `parseArgs()` does. `--help` prints the usage. A wrong command line prints the problem and the
 * usage, and ends the program with status 2.
 */
export function readCommandLine<const Wanted extends ParseArgsConfig>(
  usage: string,
  wanted: Wanted,
): ReturnType<typeof parseArgs<Wanted>> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(wanted);
  } catch (error) {
    refuseCall(error instanceof Error ? error.message : String(error), usage);
  }
}

/** Reads a whole number from a command line. */
export function readWholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most) {
    refuseCall(`--${name}: expected a whole number from 1 to ${most}; got ${text}.`);
  }
  return number;
}

/** Prints the problem of a wrong command line, and ends the program. */
export function refuseCall(...lines: readonly string[]): never {
  for (const line of lines) console.error(line);
  process.exit(WRONG_CALL);
}

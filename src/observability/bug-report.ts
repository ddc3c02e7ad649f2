import type { Report } from '../runtime/report.ts';

/** Reports an error that Postern did not foresee: a bug, never an outage. The same error is reported once. */
export type ReportBug = (error: unknown) => void;

/** Writes one JSON line for each bug: `name` and `message` of the error, and `at`, the place in the code. */
export function createBugReport(report: Report): ReportBug {
  const reported = new WeakSet<Error>();
  return (error) => {
    const bug = error instanceof Error ? error : new Error(String(error));
    if (reported.has(bug)) return;
    reported.add(bug);
    const { name, message } = bug;
    report({ event: 'bug', name, message, at: placeOf(bug) });
  };
}

/** Returns the function, file, line and column that threw the error; `undefined` if its stack names none. */
function placeOf({ stack = '' }: Error): string | undefined {
  return /^ +at (.+)$/m.exec(stack)?.[1];
}

/** docs/performance.md: its tables are those of the last run that was asked to write them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { inRepository } from '../test/support/repository.ts';
import type { Counted } from './counted.ts';
import { REQUESTS } from './counted-rounds.ts';
import { casesTable, countsTable } from './results-table.ts';
import type { CaseResult } from './rounds.ts';

export interface BenchRun {
  readonly cases: readonly CaseResult[];
  readonly counts: Counted;
  readonly machine: string;
  readonly date: Date;
  readonly rounds: number;
  readonly seconds: number;
}

const PAGE = inRepository('docs/performance.md');
const GIBI = 1024 ** 3;

export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown';
  return `${availableParallelism()} × ${model}, ${Math.round(totalmem() / GIBI)} GiB, ${process.platform} ${process.arch}`;
}

/** Writes the table of `npm run bench:instructions`. */
export function writeInstructions({
  table,
  machine,
  date,
  rounds,
}: Pick<BenchRun, 'machine' | 'date' | 'rounds'> & { readonly table: string }): void {
  const how = `${date.toISOString().slice(0, 10)}, ${machine}; ${rounds} rounds of ${REQUESTS} requests. Median (lowest–highest).`;
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withSection(page, 'instructions', `${how}\n\n${table}`));
}

/** Writes the table of `npm run bench:peers`, with what it was measured on. */
export function writePeers(report: string): void {
  writeFileSync(PAGE, withSection(readFileSync(PAGE, 'utf8'), 'peers', report));
}

export function writePerformancePage(run: BenchRun): void {
  const page = withSection(
    withSection(readFileSync(PAGE, 'utf8'), 'cases', casesSection(run)),
    'counts',
    countsTable(run.counts),
  );
  writeFileSync(PAGE, page);
}

function casesSection({ cases, machine, date, rounds, seconds }: BenchRun): string {
  const how = `${date.toISOString().slice(0, 10)}, ${machine}; ${rounds} rounds of ${seconds} s. Median (lowest–highest).`;
  return `${how}\n\n${casesTable(cases)}`;
}

/** The page with new text between `<!-- name -->` and `<!-- /name -->`. Throws when it has no such place. */
export function withSection(page: string, name: string, text: string): string {
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = page.indexOf(opening);
  const end = page.indexOf(closing);
  if (start < 0 || end < start) throw new Error(`the page has no section ${name}`);
  return `${page.slice(0, start + opening.length)}\n${text}\n${page.slice(end)}`;
}

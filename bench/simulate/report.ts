// Pure: no I/O, no clock.
import { totalOf } from './bill.ts';
import type { Choice, Findings } from './experiment.ts';
import type { RevocationChoice } from './revocation-choices.ts';

type Row = Readonly<Record<string, string | number>>;

/** The findings as plain figures, for a table or for JSON. */
export function summarise(findings: Findings) {
  return {
    scale: findings.scale,
    byFreshSeconds: findings.byFresh.map(choiceRow),
    byKvWriteAfterSeconds: findings.byKvWriteAfter.map(choiceRow),
    otherChoices: findings.others.map(choiceRow),
    byTold: findings.byTold.map(choiceRow),
    silence: [silenceRow(findings)],
    bySessions: findings.bySize.map(choiceRow),
    byAffinity: findings.byAffinity.map(choiceRow),
    byCache: findings.byCache.map(choiceRow),
    bySampling: findings.bySampling.map(choiceRow),
    byRevocationLagSeconds: findings.byLag.map((figures) => ({
      lagSeconds: figures.lagSeconds,
      logReadsPerSecond: round(figures.readsPerDay / 86_400, 0),
      busiestHour: round(Math.max(...figures.readLoad), 0),
      'waiting %': round(100 * figures.waiting, 2),
      p99WaitMs: figures.wait.quantile(0.99),
      'log $/month': round(figures.bill.log, 0),
    })),
    revocationLagThroughPostern: findings.lagByLag.map(lagRow),
    revocationLagInKratosByFresh: findings.lagByFresh.map(lagRow),
    revocationLagInKratosTold: findings.lagTold.map(lagRow),
    revocationLagInKratosByKvWriteAfter: findings.lagByKvWriteAfter.map(lagRow),
  };
}

function choiceRow({ name, tiers, bill }: Choice) {
  const perThousand = (count: number) => round((1000 * count) / tiers.requests, 1);
  const percent = (count: number) => round((100 * count) / tiers.requests, 1);
  return {
    name,
    'memory %': percent(tiers.byTier.memory),
    'location %': percent(tiers.byTier.location),
    'KV %': percent(tiers.byTier.kv),
    'waited along %': percent(tiers.collapsed),
    'store %': percent(tiers.byTier.store - tiers.collapsed),
    'store/s': round(tiers.storeCalls / tiers.hours / 3600, 1),
    'busiest/s': round(busiestHour(tiers.storeLoad), 1),
    storePer1000: perThousand(tiers.storeCalls),
    cacheReadsPer1000: perThousand(tiers.cacheReads),
    cacheWritesPer1000: perThousand(tiers.cacheWrites),
    kvReadsPer1000: perThousand(tiers.kvReads),
    'repeated %': round((100 * tiers.kvRepeated) / Math.max(1, tiers.kvReads), 0),
    'found %': round((100 * tiers.kvFound) / Math.max(1, tiers.kvReads), 0),
    'usable %': round((100 * tiers.byTier.kv) / Math.max(1, tiers.kvReads), 0),
    kvWritesPer1000: perThousand(tiers.kvWrites),
    ageP50: tiers.age.quantile(0.5),
    ageP99: tiers.age.quantile(0.99),
    msMean: round(tiers.latency.mean, 1),
    msP90: tiers.latency.quantile(0.9),
    msP99: tiers.latency.quantile(0.99),
    'KV $': round(bill.kvReads + bill.kvWrites, 0),
    '$/month': round(totalOf(bill), 0),
  };
}

function silenceRow({ silence: { waits, ...load } }: Findings) {
  const rounded = Object.entries(load).map(([name, perSecond]) => [name, round(perSecond, 0)]);
  const shares = Object.entries(waits).map(([name, share]) => [
    `wait ${name} %`,
    round(100 * share, 1),
  ]);
  return Object.fromEntries([...rounded, ...shares]) as Record<string, number>; // names of figures, and figures
}

function lagRow({ name, lagsMs, boundMs }: RevocationChoice) {
  const sorted = lagsMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1000, 2);
  return {
    name,
    boundSeconds: boundMs / 1000,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
  };
}

/** Quarters of an hour, four at a time. */
function busiestHour(load: readonly number[]): number {
  const hours = load
    .map((_, index) => load.slice(index, index + 4))
    .filter(({ length }) => length === 4);
  return Math.max(
    ...hours.map((quarters) => quarters.reduce((sum, calls) => sum + calls, 0) / 4),
    0,
  );
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Rows as a table in plain text, which is one in Markdown too. */
export function table(rows: readonly Row[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const columns = Object.keys(first);
  const cells = [columns, ...rows.map((row) => columns.map((column) => written(row[column])))];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((row) => row[index]?.length ?? 0)),
  );
  const lines = cells.map(
    (row) => `| ${row.map((cell, index) => pad(cell, widths[index] ?? 0, index)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width, index) => `${'-'.repeat(width - (index > 0 ? 1 : 0))}${index > 0 ? ':' : ''}`).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function written(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en') : (value ?? '');
}

function pad(cell: string, width: number, index: number): string {
  return index === 0 ? cell.padEnd(width) : cell.padStart(width);
}

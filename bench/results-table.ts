// Pure: no I/O, no clock.

import type { BenchCase } from './cases.ts';
import type { Counted } from './counted.ts';
import type { CountedRounds } from './counted-rounds.ts';
import { type CaseResult, type MeasuredRatio, measuredRatio } from './rounds.ts';
import { rounded, spreadOf } from './statistics.ts';

/** Case by case, and comparison by comparison, as Markdown. */
export function casesTable(results: readonly CaseResult[]): string {
  const rows = results.flatMap((result) => {
    const { name, cpuMicrosPerRequest, cpuMicrosRange, requestsPerSecond } = result;
    const figures = [`${cpuMicrosPerRequest} (${range(cpuMicrosRange)})`, `${requestsPerSecond}`];
    const [first = NO_RATIO, ...others] = result.ratios.map(ratioCells);
    return [
      [`\`${name}\``, ...figures, ...first],
      ...others.map((cells) => [`\`${name}\``, '', '', ...cells]),
    ];
  });
  const head = ['case', 'CPU µs a request', 'requests/s', 'against', 'CPU ratio', 'goal', ''];
  return markdownTable(head, rows);
}

const NO_RATIO = ['–', '1', '–', ''];

/** The cells of one comparison: the baseline, the ratio with its range, the goal, and whether it was held. */
export function ratioCells({ baseline, ratio, range: spread, goal }: MeasuredRatio): string[] {
  const wanted = goal === null ? '–' : `≤ ${goal.toFixed(2)}`;
  const standing = goal === null ? '' : ratio <= goal ? 'held' : 'missed';
  return [`\`${baseline}\``, `${ratio.toFixed(2)} (${range(spread)})`, wanted, standing];
}

function range([low, high]: readonly [number, number]): string {
  return `${low}–${high}`;
}

/** Instructions case by case, and comparison by comparison, as Markdown. Comparisons with a case that was not counted are left out. */
export function instructionsTable(cases: readonly BenchCase[], counted: CountedRounds): string {
  const costsOf = (name: string) => counted.get(name) ?? [];
  const rows = cases.flatMap(({ name, against = [] }) => {
    const thousands = spreadOf(costsOf(name).map((one) => one / 1000));
    const cost = `${rounded(thousands.median, 0)} (${rounded(thousands.min, 0)}–${rounded(thousands.max, 0)})`;
    const [first = NO_RATIO, ...others] = against
      .filter(({ baseline }) => counted.has(baseline))
      .map((one) => ratioCells(measuredRatio(one, name, costsOf)));
    return [
      [`\`${name}\``, cost, ...first],
      ...others.map((cells) => [`\`${name}\``, '', ...cells]),
    ];
  });
  return markdownTable(
    ['case', 'thousand instructions a request', 'against', 'ratio', 'goal', ''],
    rows,
  );
}

/** Returns the counts as Markdown. */
export function countsTable(counted: Counted): string {
  const slow = counted.slowStore;
  const millis = (p: { p50: number; p99: number }) => `${p.p50} ms / ${p.p99} ms`;
  return markdownTable(
    ['', 'counted', 'goal'],
    [
      ['store calls per 1,000 requests', counted.storeCalls, '–'],
      ['KV reads per 1,000 requests', counted.kvReads, '–'],
      ['KV writes per 1,000 requests', counted.kvWrites, '–'],
      ['revocation log reads per 1,000 requests', counted.logReads, '–'],
      ['store calls for 1,000 concurrent cold requests', counted.concurrentStoreCalls, '1'],
      ['KV reads for the same', counted.concurrentKvReads, '–'],
      ['KV writes for the same', counted.concurrentKvWrites, '–'],
      ['memory per 10,000 sessions', `${counted.memoryMibPer10000Sessions} MiB`, '≤ 20 MiB'],
      [
        'the same, used at the gate within the last minute',
        `${counted.memoryMibPer10000AtGate} MiB`,
        '–',
      ],
      [
        'memory at the default bound',
        `${counted.memoryMibAtBound} MiB (${counted.sessionsAtBound} sessions)`,
        '–',
      ],
      ['start-up CPU', `${counted.startUpCpuMillis} ms`, '≤ 15 ms'],
      ['main module, gzipped', `${counted.bundleGzippedKib} KiB`, '≤ 110 KiB'],
      ['modules loaded on demand, gzipped', `${counted.onDemandGzippedKib} KiB`, '≤ 120 KiB'],
      ['p50 / p99 of `bare`, same load', millis(slow.bareMillis), '–'],
      ['p50 / p99 of a hit, fast store', millis(slow.hitMillisWithFastStore), '–'],
      [
        `p50 / p99 of a hit, store takes ${slow.storeDelayMs} ms`,
        millis(slow.hitMillisWithSlowStore),
        '–',
      ],
      [
        'p99, slow store by fast store',
        `${slow.p99Ratio} (${range(slow.p99RatioRange)})`,
        '1, within the noise',
      ],
    ].map((row) => row.map(String)),
  );
}

export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

// Pure: no I/O, no clock.

import type { Counted } from './counted.ts';
import type { CaseResult } from './rounds.ts';

/** Case by case, as Markdown. */
export function casesTable(results: readonly CaseResult[]): string {
  const rows = results.map((result) => [
    `\`${result.name}\``,
    `${result.cpuMicrosPerRequest} (${range(result.cpuMicrosRange)})`,
    String(result.requestsPerSecond),
    result.baseline === null ? '–' : `\`${result.baseline}\``,
    ratioOf(result),
    result.goal === null ? '–' : `≤ ${result.goal.toFixed(2)}`,
    standing(result),
  ]);
  return markdownTable(
    ['case', 'CPU µs a request', 'requests/s', 'baseline', 'CPU ratio', 'goal', ''],
    rows,
  );
}

function ratioOf({ cpuRatio, cpuRatioRange }: CaseResult): string {
  if (cpuRatio === null || cpuRatioRange === null) return '1';
  return `${cpuRatio.toFixed(2)} (${range(cpuRatioRange)})`;
}

function standing({ cpuRatio, goal }: CaseResult): string {
  if (cpuRatio === null || goal === null) return '';
  return cpuRatio <= goal ? 'held' : 'missed';
}

function range([low, high]: readonly [number, number]): string {
  return `${low}–${high}`;
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
      ['memory per 10,000 sessions', `${counted.memoryMibPer10000Sessions} MiB`, '≤ 40 MiB'],
      [
        'memory at the default bound',
        `${counted.memoryMibAtBound} MiB (${counted.sessionsAtBound} sessions)`,
        '–',
      ],
      ['start-up CPU', `${counted.startUpCpuMillis} ms`, '≤ 20 ms'],
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

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Measures the start: CPU until the module is evaluated, by wrangler's own measure, and the size of the bundle. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { readBuiltGate, readBuiltModules } from '../test/support/built-gate.ts';
import { inRepository } from '../test/support/repository.ts';
import type { CpuProfile } from './inspector.ts';
import { median, rounded } from './statistics.ts';

export interface StartUpFigures {
  /** The median of what `wrangler check startup` found. */
  readonly startUpCpuMillis: number;
  readonly bundleKib: number;
  readonly bundleGzippedKib: number;
  /** Of the modules that are loaded on demand, together. */
  readonly onDemandGzippedKib: number;
}

const KIB = 1024;

export async function measureStartUp({
  times,
}: {
  readonly times: number;
}): Promise<StartUpFigures> {
  const millis: number[] = [];
  for (let time = 0; time < times; time += 1) millis.push(busyMillis(await profileStartUp()));
  const { 'postern.js': needed = '', ...others } = readBuiltModules();
  const start = [readBuiltGate(), needed];
  const gzipped = (texts: readonly string[]) =>
    texts.map((text) => gzipSync(text).byteLength).reduce((total, size) => total + size, 0);
  return {
    startUpCpuMillis: rounded(median(millis), 1),
    bundleKib: rounded(Buffer.byteLength(start.join('')) / KIB, 1),
    bundleGzippedKib: rounded(gzipped(start) / KIB, 1),
    onDemandGzippedKib: rounded(gzipped(Object.values(others)) / KIB, 1),
  };
}

async function profileStartUp(): Promise<CpuProfile> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-start-up-'));
  const file = join(folder, 'start-up.cpuprofile');
  try {
    await promisify(execFile)('wrangler', ['check', 'startup', '--outfile', file], {
      cwd: inRepository('.'),
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    });
    return JSON.parse(readFileSync(file, 'utf8')) as CpuProfile; // by wrangler
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the milliseconds of a profile that are not idle. */
export function busyMillis({ nodes, samples, timeDeltas }: CpuProfile): number {
  const isIdle = new Set(
    nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id),
  );
  const micros = samples
    .map((node, index) => (isIdle.has(node) ? 0 : (timeDeltas[index] ?? 0)))
    .reduce((total, delta) => total + delta, 0);
  return micros / 1000;
}

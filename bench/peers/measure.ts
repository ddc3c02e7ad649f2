/** Interleaved rounds of load on all systems. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONNECTIONS, type Load } from '../load.ts';
import { measureLoad } from '../rounds.ts';
import type { LoadFigures } from '../wrk-report.ts';
import { COLUMNS, type Column, type PeerRequest, type RunningPeer } from './peers.ts';
import { ANONYMOUS_SHARE, mixedCookies } from './trace.ts';

/** The figures of one load. */
export interface Measured {
  readonly round: number;
  readonly column: Column;
  readonly id: string;
  /** Per request. */
  readonly cpuMicros: number;
  readonly p50Millis: number;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Of each load; whole. */
  readonly seconds: number;
}

/** A load that went wrong. */
export interface Failure {
  readonly id: string;
  readonly column: Column;
  readonly problem: string;
}

/** Requests of the mixed trace. A quick system does not get more of them, which would be fewer first ones of a session. */
const TRACE_LENGTH = 3000;
/** The round that is not counted. */
const WARM_UP = -1;
const WARM_UP_SECONDS = 1;

/** Measures all systems. In each column of a round they take turns, in their order. A system whose answers go wrong leaves the column. */
export async function measurePeers(
  peers: readonly RunningPeer[],
  options: MeasureOptions,
): Promise<{ measured: Measured[]; failures: Failure[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-traces-'));
  const measured: Measured[] = [];
  const failures: Failure[] = [];
  const hasFailed = (id: string, column: Column) =>
    failures.some((failure) => failure.id === id && failure.column === column);
  try {
    for (const { round, column, peer, request } of loads(peers, options.rounds)) {
      const { id } = peer;
      if (hasFailed(id, column)) continue;
      const seconds = round === WARM_UP ? WARM_UP_SECONDS : options.seconds;
      try {
        const figures = await measureLoad(loadOf(request, round, join(folder, id)), peer, seconds);
        checkRefusals(figures, request);
        measured.push({ ...figures, round, column, id });
      } catch (error) {
        // While a system warms up on a busy machine, a short load may end without an answer.
        if (round !== WARM_UP) failures.push({ id, column, problem: String(error) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const isCounted = ({ id, column, round }: Measured) =>
    round !== WARM_UP && !hasFailed(id, column);
  return { measured: measured.filter(isCounted), failures };
}

/** Every load of a run, in its order. */
function* loads(peers: readonly RunningPeer[], rounds: number) {
  for (let round = WARM_UP; round < rounds; round += 1) {
    for (const column of COLUMNS) {
      for (const peer of peers) {
        const request = peer.requests[column];
        if (request !== undefined) yield { round, column, peer, request };
      }
    }
  }
}

function loadOf(
  { port, path, headers, cookiesIn }: PeerRequest,
  round: number,
  file: string,
): Load {
  if (cookiesIn === undefined) return { port, path, headers };
  writeFileSync(file, `${mixedCookies(cookiesIn(round), TRACE_LENGTH).join('\n')}\n`);
  const { Cookie: _, ...others } = headers;
  return { port, path, headers: others, varying: { header: 'Cookie', file, most: TRACE_LENGTH } };
}

/** Throws if the load was refused more or less often than it should be. */
function checkRefusals({ refused, requests }: LoadFigures, request: PeerRequest): void {
  const share = request.cookiesIn && ANONYMOUS_SHARE;
  const isRight =
    share === undefined
      ? refused === (request.expected.status >= 400 ? requests : 0)
      : Math.abs(refused - share * requests) <= deviation(share, requests);
  if (!isRight) throw new Error(`${refused} of ${requests} answers were refusals`);
}

/** Five standard deviations of so many draws, and the answers that may be under way at the end. */
function deviation(share: number, draws: number): number {
  return 5 * Math.sqrt(draws * share * (1 - share)) + CONNECTIONS;
}

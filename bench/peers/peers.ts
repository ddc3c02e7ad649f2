/** The parts that every compared system has. */
import { type Expected, isFiller } from '../cases.ts';
import type { Answer } from '../client.ts';
import { type Fixtures, sessionToken } from '../fixtures.ts';
import type { Surroundings } from './surroundings.ts';

/** Kinds of requests, in the order of the table. */
export const COLUMNS = [
  'gate by cookie',
  'check only',
  'gate by JWT',
  'denied',
  'store 50 ms away',
  'mixed trace',
] as const;
export type Column = (typeof COLUMNS)[number];

/** The name of the system that the others are compared with. */
export const BASELINE = 'postern';

/** A system, running or not. */
export interface System {
  /** For `--only`. */
  readonly id: string;
  /** In the table. */
  readonly name: string;
}

/** A system that may be on this machine. */
export interface Peer extends System {
  /** The missing program or package, and the way to get it. Left out if the system can be started. */
  readonly missing?: string | undefined;
  /** Starts the system in a process of its own. Rejects if the system does not start. */
  start(start: Start): Promise<RunningPeer>;
}

export interface Start {
  readonly surroundings: Surroundings;
  readonly fixtures: Fixtures;
  /** A program that pins a system to its core, with its arguments. */
  readonly under: readonly string[];
}

/** A running system. */
export interface RunningPeer extends System, AsyncDisposable {
  readonly version: string;
  /** CPU that the processes of the system have used, in microseconds. */
  cpuMicros(): number;
  readonly requests: Requests;
}

/** The columns that the system has a figure in. */
export type Requests = Partial<Readonly<Record<Column, PeerRequest>>>;

/** A request that a system is measured with. */
export interface PeerRequest {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: Expected;
  /** Headers of requests that must be answered 401: without a session, and with a forged one. Empty for a floor. */
  readonly refusals: readonly Readonly<Record<string, string>>[];
  /** For the mixed trace: the `Cookie` of each of its sessions in this round, in place of the one of `headers`. */
  readonly cookiesIn?: (round: number) => readonly string[];
}

/** A place where a system listens. */
export interface Place {
  readonly port: number;
  /** @default '/account' */
  readonly path?: string;
}

const PERSON = 1;
/** Kratos's cookie has about 300 bytes. */
const COOKIE_LENGTH = 300;
const IDENTITY = /^b8f5a3de-.*0001$/;
const SUBJECT = /^9a1b7c52-/;
const FORGED_COOKIE = { Cookie: `ory_kratos_session=${'M'.repeat(COOKIE_LENGTH)}` };
/** Sessions of the mixed trace. */
export const SESSIONS = 1000;

export function sessionCookie(person: number): string {
  return `ory_kratos_session=${sessionToken(person).padStart(COOKIE_LENGTH, 'M')}`;
}

/** A request by cookie that reaches the origin with this identity header, which is that of the session. */
export function gatedByCookie({ port, path = '/account' }: Place, header: string): PeerRequest {
  return {
    port,
    path,
    headers: { Cookie: sessionCookie(PERSON) },
    expected: { status: 200, answer: isFiller, atOrigin: { [header]: IDENTITY } },
    refusals: [{}, FORGED_COOKIE],
  };
}

/** A request by JWT that reaches the origin with this identity header, which is that of the token. */
export function gatedByToken(
  { port, path = '/account' }: Place,
  header: string,
  { warmToken, forgedToken }: Fixtures,
): PeerRequest {
  return {
    port,
    path,
    headers: { Authorization: `Bearer ${warmToken}` },
    expected: { status: 200, answer: isFiller, atOrigin: { [header]: SUBJECT } },
    refusals: [{}, { Authorization: `Bearer ${forgedToken}` }],
  };
}

/** The requests of a gate that asks the store about a cookie: near, far, and in the mixed trace. */
export function storeRequests(near: Place, far: Place, header: string): Requests {
  const gated = gatedByCookie(near, header);
  return {
    'gate by cookie': gated,
    denied: deniedInPlaceOf(gated),
    'store 50 ms away': gatedByCookie(far, header),
    'mixed trace': { ...gated, cookiesIn: newSessions },
  };
}

/** Sessions that no other round has. Rounds are counted from −1. */
function newSessions(round: number): string[] {
  const first = (round + 2) * SESSIONS;
  return Array.from({ length: SESSIONS }, (_, at) => sessionCookie(first + at));
}

/** The same request without a session. */
export function deniedInPlaceOf(request: PeerRequest): PeerRequest {
  return { ...request, headers: {}, expected: { status: 401 } };
}

export function isSession({ body }: Answer): boolean {
  return (JSON.parse(body) as { active?: unknown }).active === true; // whoami's body
}

/** The measured cases, each beside the floor that it is compared with. */
import type { Answer } from './client.ts';
import { type Fixtures, PROXY_SECRET, sessionToken } from './fixtures.ts';
import { HOST } from './load.ts';

export interface BenchCase {
  readonly name: string;
  readonly worker: string;
  readonly path: string;
  /** `fresh-tokens`: each request has a token that this Worker has not seen, in `Authorization`. */
  readonly headers: Readonly<Record<string, string>> | 'fresh-tokens';
  /** What it is compared with; left out for a floor. */
  readonly against?: readonly Comparison[];
  readonly expected: Expected;
}

/** The cost of a request as a ratio to that of another case. */
export interface Comparison {
  readonly baseline: string;
  /** The most that the ratio may be; left out where it is for comparison only. */
  readonly goal?: number;
}

/** The required answer, because a case that measures an error page is worthless. */
export interface Expected {
  readonly status: number;
  /** Of the second time it is asked; the first may be the one that fills a memory. */
  readonly answer?: (answer: Answer) => boolean;
  /** Headers of the request at the origin; left out if the case forwards no request. */
  readonly atOrigin?: Readonly<Record<string, RegExp | undefined>>;
  /** Whether each request gets a new assertion; otherwise the assertion of a session has to be used again. */
  readonly signsAnew?: boolean;
  /** Headers of a request that must be answered 401, so that a check that is not made is found out. */
  readonly refused?: Readonly<Record<string, string>>;
}

const PERSON = 1;
const TOKEN = { 'X-Session-Token': sessionToken(PERSON) };
const ASKED_BY_PROXY = {
  'Postern-Proxy-Secret': PROXY_SECRET,
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Host': HOST,
  'X-Forwarded-Uri': '/account',
};
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const IDENTIFIED = {
  'x-user-email': /^person-\d+@example\.com$/,
  'x-user-roles': /admin.*staff/,
  authorization: undefined,
  'x-session-token': undefined,
};
const ASSERTED = { ...IDENTIFIED, 'x-session-assertion': JWT };
const SESSION_HEADERS = { ...ASSERTED, 'x-user-id': /^b8f5a3de-.*0001$/ };
const TOKEN_HEADERS = { ...ASSERTED, 'x-user-id': /^9a1b7c52-/ };

export function benchCases({ warmToken, forgedToken }: Fixtures): BenchCase[] {
  const warm = { Authorization: `Bearer ${warmToken}` };
  const refused = { Authorization: `Bearer ${forgedToken}` };
  return [
    {
      name: 'bare',
      worker: 'bare',
      path: '/',
      headers: TOKEN,
      expected: { status: 200, answer: isFiller },
    },
    {
      name: 'bare-headers',
      worker: 'bare-headers',
      path: '/',
      headers: TOKEN,
      against: [{ baseline: 'bare' }],
      expected: { status: 200, answer: isFiller },
    },
    {
      name: 'whoami-hit',
      worker: 'postern',
      path: '/sessions/whoami',
      headers: TOKEN,
      against: [{ baseline: 'bare-headers', goal: 1.1 }],
      expected: { status: 200, answer: isWhoamiFromMemory },
    },
    {
      name: 'whoami-hit-without-log',
      worker: 'postern-without-log',
      path: '/sessions/whoami',
      headers: TOKEN,
      against: [{ baseline: 'bare-headers' }],
      expected: { status: 200, answer: isWhoamiFromMemory },
    },
    {
      name: 'denied',
      worker: 'postern',
      path: '/account',
      headers: {},
      against: [{ baseline: 'bare-headers', goal: 1.1 }],
      expected: { status: 401, answer: isDenial },
    },
    {
      name: 'bare-identity',
      worker: 'bare-identity',
      path: '/.postern/auth/forward',
      headers: { ...TOKEN, ...ASKED_BY_PROXY },
      against: [{ baseline: 'bare' }],
      expected: { status: 200, answer: hasIdentity },
    },
    {
      name: 'forward-auth',
      worker: 'postern',
      path: '/.postern/auth/forward',
      headers: { ...TOKEN, ...ASKED_BY_PROXY },
      against: [{ baseline: 'whoami-hit', goal: 1.15 }, { baseline: 'bare-identity' }],
      expected: { status: 200, answer: isIdentified, refused: ASKED_BY_PROXY },
    },
    {
      name: 'bare-forward',
      worker: 'bare-forward',
      path: '/account',
      headers: TOKEN,
      expected: { status: 200, answer: isFiller, atOrigin: { 'x-session-token': /^ory_st_/ } },
    },
    {
      name: 'forward-headers',
      worker: 'forward-headers',
      path: '/account',
      headers: TOKEN,
      against: [{ baseline: 'bare-forward' }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: { 'x-session-token': undefined, 'x-session-assertion': /^a{600}$/ },
      },
    },
    {
      name: 'map-gate',
      worker: 'map-gate',
      path: '/account',
      headers: TOKEN,
      against: [{ baseline: 'forward-headers' }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: { ...SESSION_HEADERS, 'x-session-assertion': /^a{600}$/ },
        refused: {},
      },
    },
    {
      name: 'forward-filtered',
      worker: 'forward-filtered',
      path: '/public/page',
      headers: TOKEN,
      against: [{ baseline: 'bare-forward' }],
      expected: { status: 200, answer: isFiller, atOrigin: { 'x-session-token': undefined } },
    },
    {
      name: 'gate-hit',
      worker: 'postern',
      path: '/account',
      headers: TOKEN,
      against: [
        { baseline: 'forward-headers', goal: 1.1 },
        { baseline: 'map-gate', goal: 1.05 },
      ],
      expected: { status: 200, answer: isFiller, atOrigin: SESSION_HEADERS },
    },
    {
      name: 'gate-hit-logging',
      worker: 'postern-logging',
      path: '/account',
      headers: TOKEN,
      against: [{ baseline: 'gate-hit' }],
      expected: { status: 200, answer: isFiller, atOrigin: SESSION_HEADERS },
    },
    {
      name: 'gate-public',
      worker: 'postern',
      path: '/public/page',
      headers: TOKEN,
      against: [{ baseline: 'forward-filtered', goal: 1.1 }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: { 'x-session-token': undefined, 'x-user-id': undefined },
      },
    },
    {
      name: 'gate-token-warm',
      worker: 'postern',
      path: '/account',
      headers: warm,
      against: [
        { baseline: 'gate-hit', goal: 1.05 },
        { baseline: 'jose-per-request', goal: 0.7 },
      ],
      expected: { status: 200, answer: isFiller, atOrigin: TOKEN_HEADERS, refused },
    },
    {
      name: 'jose-per-request',
      worker: 'jose-per-request',
      path: '/account',
      headers: warm,
      against: [{ baseline: 'bare-forward' }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: { ...IDENTIFIED, 'x-user-id': /^9a1b7c52-/ },
        refused,
      },
    },
    {
      name: 'verify-forward',
      worker: 'verify-forward',
      path: '/account',
      headers: 'fresh-tokens',
      expected: { status: 200, answer: isFiller, atOrigin: { authorization: /^Bearer / }, refused },
    },
    {
      name: 'verify-headers',
      worker: 'verify-headers',
      path: '/account',
      headers: 'fresh-tokens',
      against: [{ baseline: 'verify-forward' }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: { ...TOKEN_HEADERS, 'x-session-assertion': /^a{600}$/ },
        refused,
      },
    },
    {
      name: 'verify-signed',
      worker: 'verify-signed',
      path: '/account',
      headers: 'fresh-tokens',
      against: [{ baseline: 'verify-headers' }],
      expected: {
        status: 200,
        answer: isFiller,
        atOrigin: TOKEN_HEADERS,
        signsAnew: true,
        refused,
      },
    },
    {
      name: 'gate-token-cold',
      worker: 'postern',
      path: '/account',
      headers: 'fresh-tokens',
      against: [{ baseline: 'verify-headers', goal: 1.2 }, { baseline: 'verify-signed' }],
      expected: { status: 200, answer: isFiller, atOrigin: TOKEN_HEADERS, refused },
    },
  ];
}

export function isFiller({ body }: Answer): boolean {
  return Buffer.byteLength(body) === 1024 && body.startsWith('{"filler":"xxx');
}

function isWhoamiFromMemory({ headers, body }: Answer): boolean {
  const { id, active } = JSON.parse(body) as { id?: unknown; active?: unknown }; // whoami's body
  const isHit = /^postern; hit; .*detail=memory$/.test(String(headers['cache-status']));
  return isHit && active === true && String(id).endsWith(String(PERSON).padStart(12, '0'));
}

function hasIdentity({ headers }: Answer): boolean {
  return /^b8f5a3de-/.test(String(headers['x-user-id']));
}

function isIdentified(answer: Answer): boolean {
  return hasIdentity(answer) && JWT.test(String(answer.headers['x-session-assertion']));
}

function isDenial({ headers, body }: Answer): boolean {
  const { error } = JSON.parse(body) as { error?: { code?: unknown } }; // as errors/ writes it
  return error?.code === 401 && headers['cache-control'] === 'private, no-store';
}

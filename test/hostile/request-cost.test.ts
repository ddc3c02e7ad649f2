import { describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import { PATH_FORMS } from '../../src/http/path-readings.ts';
import { lowestCpuMs } from '../support/cpu-time.ts';

/** Limits of the platform: URLs of 16 KB, and 128 KB of headers. */
const URL_LENGTH = 16_000;
const HEADERS_LENGTH = 128_000;
const MAX_CPU_MS = 5;
const HOST = 'app.example.test';
const SECRET = 'a-secret-that-a-proxy-proves-itself-with';

const RULES = Array.from({ length: 50 }, (_, index) => [
  { path: `/a${index}/:x/b/*`, session: 'required' },
  { path: `/:a/:b/:c/:d/x${index}`, session: 'optional', preflight: ['https://spa.example.test'] },
  { path: `/p/q/r/${index}`, session: 'none' },
  { host: HOST, path: `/a/:b/${'c'.repeat(index)}/*`, methods: ['GET'], session: 'required' },
]).flat();

function startGateway(): Gateway {
  const config = readConfig({
    PUBLIC_URL: `https://${HOST}`,
    HOSTS: Array.from({ length: 100 }, (_, index) => `host-${index}.example.test`),
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    ORIGIN_URL: 'https://origin.example.test',
    SELF_SERVICE: true,
    ALLOWED_PATH_FORMS: [...PATH_FORMS],
    ALLOWED_ORIGINS: ['https://spa.example.test'],
    FORWARD_AUTH_SECRETS: [SECRET],
    TOKEN_COOKIE_NAMES: ['token'],
    REVOCATION: 'off',
    RULES,
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const refused = async () => new Response('{"error":{"code":401}}', { status: 401 });
  return createGateway(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchers: { kratos: refused, kratosAdmin: refused, keycard: refused, keys: refused },
    fetchOrigin: async () => new Response('ok'),
    now: () => Date.now(),
    random: () => 0.5,
    report: () => {},
    metrics: undefined,
  });
}

interface Sent {
  readonly method?: string;
  readonly host?: string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
}

/** A request as workerd hands it over, its target as sent; Node's own `Request` would have read it already. */
function requestOf({ method = 'GET', host = HOST, target = '/a/b', headers = {} }: Sent): Request {
  const handed = { url: `https://${host}${target}`, method, body: null, cf: undefined };
  return { ...handed, headers: new Headers({ host, ...headers }) } as unknown as Request; // all that is read of one
}

const filled = (unit: string, length = HEADERS_LENGTH) =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const described = (headers: Record<string, string>) => ({
  target: '/.postern/auth/forward',
  headers: {
    'Postern-Proxy-Secret': SECRET,
    'X-Forwarded-Method': 'GET',
    'X-Forwarded-Host': HOST,
    'X-Forwarded-Uri': '/a/b',
    ...headers,
  },
});
const PAGE = { accept: 'text/html' };
const cookies = (unit: string): Sent => ({ headers: { cookie: filled(unit) } });
const oneHeader = (name: string, unit: string, target = '/a/b'): [string, Sent] => [
  `${name}: ${unit}… at ${target}`,
  { target, headers: { [name]: filled(unit) } },
];
const OPEN = '/p/q/r/1';
/** Thousands of different names. */
const names = Array.from({ length: 16_000 }, (_, at) => `x-${at.toString(36)}`).join(', ');

const CASES: readonly (readonly [string, Sent])[] = [
  ['many slashes', { target: filled('/', URL_LENGTH) }],
  ['many segments', { target: filled('/a', URL_LENGTH) }],
  ['many parameters', { target: filled('/;a', URL_LENGTH) }],
  ['many encoded slashes', { target: `/${filled('%2f', URL_LENGTH)}` }],
  ['every form', { target: `/%25252541%253f;a%2f//${filled('a%2f;b//', URL_LENGTH)}` }],
  [
    'every form, and a page',
    { target: `/a;b%2fc;%2541//%3f${filled('/;', URL_LENGTH)}`, headers: PAGE },
  ],
  [
    'a refused path',
    { target: filled('/../a', URL_LENGTH), headers: { origin: 'https://x.test' } },
  ],
  ['a long query', { target: `/a?${filled('a=%2f&', URL_LENGTH)}`, headers: PAGE }],
  ['a query that is refused', { target: `/a?${filled('a', URL_LENGTH)}\xe9` }],
  ['a long query at the session API', { target: `/sessions?${filled('a=1&', URL_LENGTH)}` }],
  ['a long query at whoami', { target: `/sessions/whoami?${filled('a=1&', URL_LENGTH)}` }],
  ['a long query at a flow', { target: `/self-service/login/browser?${filled('&=', URL_LENGTH)}` }],
  ['a long flow', { target: `/self-service/${filled('a/', URL_LENGTH)}` }],
  ['a long route of our own', { target: `/.postern/${filled('a/', URL_LENGTH)}` }],
  ['a long host', { host: filled('a.', URL_LENGTH) }],
  ['a long host of dots', { host: filled('.', URL_LENGTH) }],
  ['a long port', { host: `${HOST}:${filled('0', URL_LENGTH)}443` }],
  ['a long address', { host: `[${filled('0:', URL_LENGTH)}]` }],
  ['a long method', { method: filled('A', URL_LENGTH) }],
  ['many cookies', cookies('a=b; ')],
  ['many separators of cookies', cookies(';')],
  ['many commas in cookies', cookies('a,')],
  ['many equals signs in cookies', cookies('=;')],
  ['many session cookies', cookies('ory_kratos_session=x; ')],
  ['many different session cookies', cookies(`ory_kratos_session=${'x'.repeat(40)}1; `)],
  ['one long session cookie', { headers: { cookie: `ory_kratos_session=${filled('a')}` } }],
  ['many quotes', { headers: { cookie: `ory_kratos_session=${filled('"')}` } }],
  ['many spaces in a cookie', { headers: { cookie: `a=b;${filled(' ')}c` } }],
  ['many cookies on an open path', { target: OPEN, ...cookies('ory_kratos_session=x;a=b,') }],
  ['many token cookies', cookies('token=a.b.c; ')],
  ['a long bearer', { headers: { authorization: `Bearer ${filled('a')}` } }],
  ['a bearer of dots', { headers: { authorization: `Bearer ${filled('.')}` } }],
  ['a bearer of spaces', { headers: { authorization: `Bearer${filled(' ')}a` } }],
  ['a long token', { headers: { 'x-session-token': filled('ory_st_') } }],
  [
    'many headers',
    {
      headers: Object.fromEntries(
        Array.from({ length: 4000 }, (_, at) => [`x-name-number-${at}`, 'v']),
      ),
    },
  ],
  [
    'many headers that are kept back, on an open path',
    {
      target: OPEN,
      headers: Object.fromEntries(
        Array.from({ length: 4000 }, (_, at) => [`x_user_number-${at}`, 'v']),
      ),
    },
  ],
  [
    'many headers on an open path',
    {
      target: OPEN,
      headers: Object.fromEntries(
        Array.from({ length: 4000 }, (_, at) => [`x_name-number-${at}`, 'v']),
      ),
    },
  ],
  oneHeader('accept', 'text/html ,'),
  oneHeader('accept', ', '),
  oneHeader('authorization', 'a ', OPEN),
  oneHeader('authorization', 'a.b.c,', OPEN),
  oneHeader('authorization', 'Bearer ory_st_a, ', OPEN),
  oneHeader('authorization', 'Basic YTpi ', OPEN),
  oneHeader('connection', 'a,', OPEN),
  ['a connection of many names', { target: OPEN, headers: { connection: names } }],
  oneHeader('upgrade', 'a,', OPEN),
  oneHeader('x-forwarded-for', '1.1.1.1, ', OPEN),
  oneHeader('referer', 'https://', OPEN),
  oneHeader('cache-control', 'max-age=1,'),
  oneHeader('cache-control', 'a="\\",'),
  oneHeader('connection', 'a,'),
  oneHeader('upgrade', 'a,'),
  oneHeader('origin', 'https://'),
  oneHeader('postern-hops', 'a, '),
  oneHeader('cdn-loop', 'a, '),
  oneHeader('if-none-match', '"a",'),
  oneHeader('traceparent', '00-'),
  oneHeader('user-agent', 'Mozilla/5.0 ('),
  [
    'a preflight with a long list',
    {
      method: 'OPTIONS',
      target: '/a/b/c/d/x1',
      headers: {
        origin: 'https://spa.example.test',
        'access-control-request-method': 'GET',
        'access-control-request-headers': filled('a,'),
      },
    },
  ],
  [
    'a WebSocket of a long origin',
    { headers: { origin: filled('https://a.'), upgrade: 'websocket' } },
  ],
  [
    'a described path of every form',
    described({ 'X-Forwarded-Uri': `/%252541%3f;/${filled('a%2f;b//')}` }),
  ],
  ['a long described host', described({ 'X-Forwarded-Host': filled('a.') })],
  ['a long described method', described({ 'X-Forwarded-Method': filled('A') })],
  [
    'a long described URL',
    {
      target: '/.postern/auth/nginx',
      headers: {
        'Postern-Proxy-Secret': SECRET,
        'X-Original-Method': 'GET',
        'X-Original-URL': `https://${HOST}/%252541%3f;/${filled('/;a%2f')}`,
      },
    },
  ],
];

/** Headers that an origin is never sent. */
function linesOf(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-user-${at}`, 'v']));
}

describe('a request without a credential', () => {
  const gateway = startGateway();

  it.each(CASES)('P29: costs little: %s', async (_, sent) => {
    const request = requestOf(sent);
    const cpuMs = await lowestCpuMs(() => gateway.fetch(request, () => {}));
    expect(cpuMs).toBeLessThan(MAX_CPU_MS);
  });

  // RFC 9110 section 15.5.15 and RFC 6585 section 5 have the statuses.
  it.each([
    ['a target over 16 KiB', { target: filled('/a', 16_385) }, 414],
    ['a target of 16 KiB', { target: filled('/a', 16_384) }, 401],
    ['a described target over 16 KiB', described({ 'X-Forwarded-Uri': filled('/a', 16_385) }), 414],
    ['a described target of 16 KiB', described({ 'X-Forwarded-Uri': filled('/a', 16_384) }), 401],
    ['a Connection over 4 KiB', { target: OPEN, headers: { connection: filled('a,', 4097) } }, 431],
    ['a Connection of 4 KiB', { target: OPEN, headers: { connection: filled('a,', 4096) } }, 200],
    ['501 lines', { target: OPEN, headers: linesOf(501) }, 431],
    ['499 lines and Host', { target: OPEN, headers: linesOf(499) }, 200],
  ] as const)('P29: %s', async (_, sent, status) => {
    const response = await gateway.fetch(requestOf(sent), () => {});
    expect(response.status).toBe(status);
  });
});

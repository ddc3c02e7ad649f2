import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainRequest } from '../../cli/explain/explain-request.ts';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { readConfig } from '../../src/config/config.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { header, request as send } from '../support/raw-http.ts';
import type { SignedInSession } from '../support/standin-control.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

await Promise.all([loadConditionLanguage(), loadSignIn()]);

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const GATES = Number(process.env.GATES ?? 3);
const REQUESTS = Number(process.env.REQUESTS ?? 80);
/** The stand-in for the site remembers this many calls. */
const BATCH = 100;

const HOSTS = ['app.example.test', 'b.example.test'] as const;
const BASE = {
  PUBLIC_URL: `https://${HOSTS[0]}`,
  HOSTS: [HOSTS[1]],
  KRATOS_PUBLIC_URL: 'https://kratos.bound.test',
};

const names = fc.constantFrom('a', 'b', ':x', 'sessions', '.postern');
const path = fc
  .tuple(fc.array(names, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '/', '/*', '/*'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`);
const common = {
  path: fc.oneof({ arbitrary: path, weight: 9 }, { arbitrary: fc.constant('/*'), weight: 1 }),
  host: fc.option(fc.constantFrom(...HOSTS), { nil: undefined, freq: 2 }),
  origin: fc.constantFrom(undefined, undefined, 'named', 'nested'),
  methods: fc.option(fc.uniqueArray(fc.constantFrom('GET', 'POST', 'PUT'), { minLength: 1 }), {
    nil: undefined,
    freq: 2,
  }),
  preflight: fc.constantFrom(undefined, ['https://spa.example.test']),
};
const CONDITIONS = [
  'session.active',
  'session.identity.traits.email.endsWith("@example.com")',
  '"admin" in session.identity.metadata_public.roles',
  'session.identity.traits.none == 1',
];
const gated = fc.record({
  ...common,
  session: fc.constant('required'),
  aal: fc.constantFrom(undefined, undefined, 'aal1', 'aal2'),
  authenticated_within: fc.constantFrom(undefined, undefined, '1s', '15m'),
  allow: fc.constantFrom(undefined, undefined, ...CONDITIONS),
});
const open = fc.record({
  ...common,
  session: fc.constantFrom('none', 'optional'),
  forward_credentials: fc.constantFrom(undefined, true),
});
const settings = fc.record({
  RULES: fc.array(fc.oneof(gated, open), { maxLength: 6 }),
  ALLOWED_PATH_FORMS: fc.uniqueArray(
    fc.constantFrom('encoded_slash', 'encoded_percent', 'semicolon', 'double_slash'),
  ),
  FURTHER_METHODS: fc.constantFrom([], ['PROPFIND']),
  SELF_SERVICE: fc.boolean(),
  IDENTITY_PRESETS: fc.constantFrom([], ['remote-user'], ['kratos']),
  SESSION_API_PATH: fc.constantFrom(undefined, '/auth'),
  ORIGINS: fc.constantFrom(...originTables()),
});

/** Tables of origins: with a prefix, or with a host of its own. Every origin is the stand-in for the site. */
function originTables() {
  const named = { binding: 'ORIGIN' };
  const nested = { binding: 'NESTED', url: 'https://nested.example.test', strip_prefix: '/a' };
  return [
    { named, nested },
    { named: { ...named, hosts: [HOSTS[1]] }, nested },
  ];
}

/** Gives each rule an origin whose prefix its path has. The last rule leads to the origin with a prefix. */
function withPrefixes(
  rules: readonly { readonly path: string; readonly origin: string | undefined }[],
) {
  const last = { path: '/a/*', session: 'optional', origin: 'nested' };
  const isNested = (path: string) => path.startsWith('/a/');
  const fitted = rules.map((rule) =>
    rule.origin === 'nested' && !isNested(rule.path) ? { ...rule, origin: 'named' } : rule,
  );
  return [...fitted, last];
}

const sent = fc.constantFrom(
  'a',
  'b',
  'c',
  '',
  '%61',
  'a%2Fb',
  'a;p',
  '..',
  '%2e',
  '%zz',
  'x%3Fy',
  '%25',
  'sessions',
  'whoami',
  '.postern',
  'health',
  'alive',
  'ready',
  'auth',
  'self-service',
  'login',
  'browser',
  'admin',
  'jwks.json',
);
const target = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.array(sent, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  },
  {
    weight: 2,
    arbitrary: fc.array(sent, { maxLength: 3 }).map((parts) => ['/a', ...parts].join('/')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '/sessions/whoami',
      '/.postern/health/alive',
      '/.postern/sessions',
      '/self-service/login/browser',
      '/admin/sessions',
      '/.postern/nothing',
      '/%73essions/whoami',
    ),
  },
);
const requests = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'PROPFIND'),
  host: fc.constantFrom(
    ...HOSTS,
    HOSTS[0],
    HOSTS[0],
    'APP.example.test.:443',
    'other.example.test',
  ),
  target,
  session: fc.constantFrom('none', 'user', 'admin', 'garbage'),
  isBrowser: fc.boolean(),
  more: fc.constantFrom(
    {},
    {},
    { 'X-User-Id': 'spoofed', 'X-A': '1' },
    { Origin: 'https://spa.example.test', 'Access-Control-Request-Method': 'PUT' },
  ),
});
type Asked = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

const NAVIGATION = {
  Accept: 'text/html',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
};
/** Headers that the way to the origin adds, and no gate. */
const OF_THE_WAY = /^(?:host|cf-.*|accept-encoding|connection|content-length|user-agent|mf-.*)$/;

type Sessions = Readonly<Record<string, SignedInSession>>;

/** Sends a request to the gate, and compares the answer with what explain says of it. */
async function compare(
  gate: RunningGate,
  vars: object,
  asked: Asked,
  sessions: Sessions,
  number: number,
) {
  const config = readConfig({ ...vars, REVOCATIONS: {}, ORIGIN: {}, NESTED: {} });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const { method, host, target: path, session, isBrowser, more } = asked;
  const url = `${path}?n=${number}`;
  const given = { ...more, ...(isBrowser ? NAVIGATION : { Accept: 'application/json' }) };
  const garbage = session === 'garbage' ? { 'X-Session-Token': 'no-such-session-token' } : {};
  const known = sessions[session];
  const lines = await explainRequest(
    {
      method,
      url: `https://${host}${url}`,
      headers: new Headers({ ...given, ...garbage }),
      sessionDocument: known && JSON.stringify(known.session),
    },
    { config: config.value, now: Date.now(), hasSite: true },
  );
  const said = lines.find((line) => line.startsWith('Answer'))?.slice(10) ?? '';
  if (said.startsWith('depends on')) return undefined;
  const token = known === undefined ? garbage : { 'X-Session-Token': known.token };
  const answer = await send(gate.port, {
    method,
    target: url,
    headers: { ...given, ...token, Host: host },
  });
  const location = header(answer, 'location');
  const reason = header(answer, 'postern-reason');
  return {
    asked,
    number,
    lines,
    said,
    got: `${answer.status}${location === undefined ? '' : ` to ${location}`}`,
    reason,
  };
}

async function compareAll(
  vars: object,
  asked: readonly Asked[],
): Promise<{ compared: number; forwarded: number; stripped: number; own: number }> {
  await using gate = await startGate({
    vars: { ...vars, ORIGIN_URL: undefined },
    bindings: { NESTED: { type: 'worker', worker: 'origin' } },
  });
  const sessions = {
    user: await gate.kratos.createSession(),
    admin: await gate.kratos.createSession({ metadataPublic: { roles: ['admin'] } }),
  };
  const tokens = new Set(Object.values(sessions).map(({ token }) => token));
  const counts = { compared: 0, forwarded: 0, stripped: 0, own: 0 };
  for (let start = 0; start < asked.length; start += BATCH) {
    await gate.origin.clearCalls();
    const found = [];
    for (const [index, each] of asked.slice(start, start + BATCH).entries()) {
      const result = await compare(gate, vars, each, sessions, start + index);
      if (result !== undefined) found.push(result);
    }
    const { requests: calls } = await gate.origin.calls();
    for (const { asked: request, number, lines, said, got, reason } of found) {
      const call = calls.find((each) => each.path.endsWith(`?n=${number}`));
      counts.compared += 1;
      const isForwarded = said === 'forwarded to the origin';
      expect({ vars, request, lines, got, forwarded: call !== undefined }).toEqual({
        vars,
        request,
        lines,
        got,
        forwarded: isForwarded,
      });
      if (call !== undefined) {
        counts.forwarded += 1;
        counts.stripped += call.url.startsWith('https://nested.') ? 1 : 0;
        const sentTo = lines.find((line) => line.startsWith('Sent '))?.slice(10);
        expect({ vars, request, sentTo }).toEqual({
          vars,
          request,
          sentTo: `${call.method} ${call.url}`,
        });
        const told = lines
          .filter((line) => line.startsWith('  ') && line.includes(': '))
          .map((line) => line.trim());
        const received = call.headers
          .filter(([name]) => !OF_THE_WAY.test(name))
          .map(
            ([name, value]) => `${name}: ${tokens.has(value) ? '(the session credential)' : value}`,
          );
        expect({
          vars,
          request,
          headers: told.filter((line) => !OF_THE_WAY.test(line.split(':')[0] ?? '')).sort(),
        }).toEqual({ vars, request, headers: received.sort() });
        continue;
      }
      if (lines[0]?.startsWith('Route')) counts.own += 1;
      const [status = '', text = ''] = said.split(/: (?=[a-z_0-9]+$)/);
      expect({ vars, request, lines, got }).toEqual({
        vars,
        request,
        lines,
        got: status.replace(/: Postern answers .*/, ''),
      });
      if (reason !== undefined && text !== '')
        expect({ vars, request, lines, reason }).toEqual({ vars, request, lines, reason: text });
    }
  }
  expect(await gate.bugs()).toEqual([]);
  return counts;
}

describe('explain', () => {
  it(`says what the running gate does (SEED=${SEED})`, { timeout: 20 * 60_000 }, async () => {
    const total = { compared: 0, forwarded: 0, stripped: 0, own: 0 };
    const sites = fc.sample(settings, { seed: SEED, numRuns: GATES });
    for (const [index, site] of sites.entries()) {
      const RULES = withPrefixes(site.RULES);
      const vars = JSON.parse(JSON.stringify({ ...BASE, ...site, RULES }));
      const asked = fc.sample(requests, { seed: SEED + index, numRuns: REQUESTS });
      const counts = await compareAll(vars, asked);
      for (const name of ['compared', 'forwarded', 'stripped', 'own'] as const)
        total[name] += counts[name];
    }
    console.log(`${GATES} configurations: ${JSON.stringify(total)}`);
    expect(total.compared).toBeGreaterThan(GATES * REQUESTS * 0.8);
    expect(total.forwarded).toBeGreaterThan(0);
    expect(total.stripped).toBeGreaterThan(0);
    expect(total.own).toBeGreaterThan(0);
  });
});

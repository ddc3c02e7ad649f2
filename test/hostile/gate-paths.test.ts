import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit } from '../../src/http/admit.ts';
import { PATH_FORMS } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { Rules } from '../../src/rules/rules.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { TRAVERSAL_PAYLOADS } from '../support/hostile-input/traversal-payloads.ts';
import { sendAll } from '../support/keep-alive.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { pathPattern } from '../support/path-pattern.ts';
import { startGate } from '../support/start-gate.ts';
import { isSurelyBelow } from './path-oracle.ts';
import { hostileTarget, plainPath } from './target-generator.ts';

const RULES = [{ path: '/public/*', session: 'none' as const }];
const PURE_RUNS = 100_000;
/** `npm run test:all` sends 100,000. */
const RAW_RUNS = Number(process.env.RAW_TARGETS ?? 10_000);

describe('admit() and Rules, without a runtime', () => {
  const rules = new Rules(
    RULES.map((rule) => ({
      ...rule,
      path: pathPattern(rule.path),
      freshness: 'normal',
      preflight: [],
      forwarded_headers: [],
      forward_credentials: false,
      cut_streams: false,
      scopes: [],
      cache_control: 'no-store',
    })),
  );
  const hosts = new SiteHosts('https://app.example.test');
  const opens = (target: string, forms: readonly (typeof PATH_FORMS)[number][]) => {
    const url = `https://app.example.test${target}`;
    const site = { hosts, allowedForms: new Set(forms) };
    const admitted = admit({ method: 'GET', url, headers: new Headers() }, site);
    return admitted.ok && rules.match(admitted.value).rule.session === 'none';
  };

  it(`open no target that a server could read as outside /public/ (${PURE_RUNS} generated targets)`, () => {
    let opened = 0;
    fc.assert(
      fc.property(hostileTarget, (target) => {
        if (!opens(target, [])) return;
        opened += 1;
        expect(isSurelyBelow('/public/', target)).toBe(true);
      }),
      { numRuns: PURE_RUNS },
    );
    expect(opened).toBeGreaterThan(PURE_RUNS / 500);
  });

  it('open no such target with every ambiguous form allowed either', () => {
    let opened = 0;
    fc.assert(
      fc.property(hostileTarget, (target) => {
        if (!opens(target, PATH_FORMS)) return;
        opened += 1;
        expect(isSurelyBelow('/public/', target)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
    expect(opened).toBeGreaterThan(100);
  });
});

describe('the gate, over raw sockets', async () => {
  const origin = await forAllTests(startNodeOrigin());
  const services = { kratos: 'binding', origin: 'http' } as const;
  const gate = await gateForAllTests({ services, vars: { RULES, ORIGIN_URL: origin.url } });

  /** Sends all without a session; what reached the origin is checked against bytes sent, oracle and log. */
  async function expectNoneThrough(targets: readonly string[]): Promise<number> {
    origin.take();
    gate.clearLogs();
    const passed: string[] = [];
    await sendAll(
      gate.port,
      targets,
      (target) => ({ target }),
      (target, { status }) => {
        expect([200, 400, 401]).toContain(status);
        if (status === 200) passed.push(target);
      },
    );
    const arrived = origin.take().map(({ target }) => target);
    // A fragment never gets as far as the Worker: workerd drops it.
    const sent = passed.map((target) => withEncodedApostrophes(target.split('#', 1)[0] ?? ''));
    expect(arrived.sort()).toEqual(sent.sort());
    for (const target of arrived) expect(isSurelyBelow('/public/', target)).toBe(true);
    expect(await pathsPassed()).toEqual(arrived.map((target) => target.split('?', 1)[0]).sort());
    return arrived.length;
  }

  async function pathsPassed(): Promise<string[]> {
    return (await gate.logs())
      .map((line) => JSON.parse(line))
      .filter(({ event, outcome }) => event === 'decision' && outcome === 'pass')
      .map(({ path }) => path)
      .sort();
  }

  it('P1: lets no traversal payload reach the origin without a session', async () => {
    const oneLine = TRAVERSAL_PAYLOADS.filter((payload) => !/[\r\n ]/.test(payload));
    const targets = oneLine.flatMap((payload) => [
      payload.startsWith('/') ? payload : `/${payload}`,
      `/public/${payload}`,
      `/public/${payload}/admin/s`,
      `/public${payload}admin/s?x=/public/`,
    ]);
    await expectNoneThrough(targets.map((target) => Buffer.from(target).toString('latin1')));
  });

  it(`agrees with itself, the origin and the log on ${RAW_RUNS} generated targets`, async () => {
    expect(await expectNoneThrough(fc.sample(hostileTarget, RAW_RUNS))).toBeGreaterThan(5);
  }, 180_000);

  it('passes legitimate odd paths on byte for byte, with and without a session', async () => {
    const { cookie } = await gate.kratos.createSession();
    const paths = fc.sample(plainPath, 400);
    const queries = ['', '?', '?a=/../b&c=%2e%2e', '?x=//e;y=\\', '?%00%zz'];
    const targets = paths.map((path, index) => {
      const prefix = index % 2 === 0 ? '/public' : '';
      return `${prefix}${path}${queries[index % queries.length]}`;
    });
    origin.take();
    gate.clearLogs();
    await sendAll(
      gate.port,
      targets,
      (target) => ({ target, headers: { Cookie: cookie } }),
      (target, { status }) => expect([target, status]).toEqual([target, 200]),
    );
    expect(
      origin
        .take()
        .map(({ target }) => target)
        .sort(),
    ).toEqual([...targets].sort());
    expect(await pathsPassed()).toEqual(targets.map((target) => target.split('?', 1)[0]).sort());
  });

  it('P18: a path is never rewritten: no mount, no prefix', async () => {
    const { cookie } = await gate.kratos.createSession();
    for (const target of [
      '/sessions/whoami/x',
      '/.posternx/auth/nginx',
      '/a/.postern/auth/nginx',
    ]) {
      origin.take();
      await sendAll(
        gate.port,
        [target],
        (each) => ({ target: each, headers: { Cookie: cookie } }),
        () => {},
      );
      expect(origin.take().map((seen) => seen.target)).toEqual([target]);
    }
  });
});

/** The URL standard writes an apostrophe in a query as `%27`, and fetch() knows no other way. */
function withEncodedApostrophes(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? target : target.slice(0, start) + target.slice(start).replaceAll("'", '%27');
}

it('a site that allows %2F, ; and // gets them as sent, gated by every reading', async () => {
  await using origin = await startNodeOrigin();
  const vars = {
    RULES: [
      { path: '/files/*', session: 'none' },
      { path: '/files/:name/secret/*', session: 'required' },
    ].reverse(),
    ALLOWED_PATH_FORMS: ['encoded_slash', 'semicolon', 'double_slash'],
    ORIGIN_URL: origin.url,
  };
  await using gate = await startGate({ services: { kratos: 'binding', origin: 'http' }, vars });
  const expected: Record<string, number> = {
    '/files/a%2Fb': 200,
    '/files/a%2fb;v=1/c': 200,
    '/files/https%3A%2F%2Fexample.com': 200,
    '/files//a': 200,
    '/files/a/secret/b': 401,
    '/files/a%2Fsecret/b': 401,
    '/files/a%2Fsecret%2fb': 401,
    '/files/a;x/secret;y/b': 401,
    '/files/a//secret/b': 401,
    '/files/a/%2e%2e/b': 400,
    '/files/a%2F..%2Fb': 400,
    '/files/..;/b': 400,
    '/files/%252e': 400,
    '/files/a%5cb': 400,
  };
  await sendAll(
    gate.port,
    Object.entries(expected),
    ([target]) => ({ target }),
    ([target, status], response) => expect([target, response.status]).toEqual([target, status]),
  );
  const passed = Object.keys(expected).filter((target) => expected[target] === 200);
  expect(
    origin
      .take()
      .map(({ target }) => target)
      .sort(),
  ).toEqual(passed.sort());
});

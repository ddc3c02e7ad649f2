import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { type AdmittedTarget, admit } from '../../src/http/admit.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { type ProxyKind, readOriginalRequest } from '../../src/routes/gate/original-request.ts';
import { Rules } from '../../src/rules/rules.ts';
import { KINDS, SECRET, told } from '../gateway/proxy-questions.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { sendAll } from '../support/keep-alive.ts';
import {
  type Asks,
  foreign,
  overfullHost,
  overfullPath,
  SITE,
  type Spelt,
  spelling,
} from './spellings.ts';

const PURE_RUNS = 100_000;
const RAW_RUNS = 600;
const TIMEOUT_MS = 180_000;

describe('one request in many spellings, without a runtime', () => {
  const config = readConfig({
    ...SITE,
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    REVOCATION: 'off',
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const rules = new Rules(config.value.RULES);
  const hosts = new SiteHosts(config.value.PUBLIC_URL, config.value.HOSTS);
  const site = { hosts, allowedForms: new Set<never>() };
  const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

  function asksOf(target: AdmittedTarget | undefined): Asks {
    if (target === undefined || hosts.originOf(target.host) === undefined) return 'refused';
    if (!methods.has(target.method)) return 'refused';
    return rules.match(target).rule.session === 'none' ? 'nothing' : 'a session';
  }

  const admitted = (host: string, path: string, method: string) => {
    const read = admit({ method, url: `http://${host}${path}`, headers: new Headers() }, site);
    return read.ok ? read.value : undefined;
  };

  const atGate = ({ host, path, method }: Spelt) => asksOf(admitted(host, path, method));

  function asAsked(kind: ProxyKind, { host, path, method }: Spelt): Asks {
    const asked = told(kind, path, { host, method });
    const isEnvoy = kind === 'envoy';
    const own = admitted(
      isEnvoy ? host : 'app.example.test',
      asked.target,
      isEnvoy ? method : 'GET',
    );
    if (own === undefined) return 'refused';
    const original = readOriginalRequest(kind, { headers: new Headers(asked.headers) }, own, site);
    return asksOf(original.ok ? original.value : undefined);
  }

  function expectAsks(spelt: Spelt, kinds: readonly ProxyKind[] = KINDS): void {
    for (const kind of kinds) expect([kind, asAsked(kind, spelt)]).toEqual([kind, spelt.asks]);
  }

  it(
    `P26, P27, F10: come under the rule of its canonical form (${PURE_RUNS} generated requests)`,
    () => {
      const seen = { nothing: 0, 'a session': 0, refused: 0 };
      fc.assert(
        fc.property(spelling, (spelt) => {
          expect(atGate(spelt)).toBe(spelt.asks);
          expectAsks(spelt);
          seen[spelt.asks] += 1;
        }),
        { numRuns: PURE_RUNS },
      );
      expect(Math.min(seen.nothing, seen['a session'])).toBeGreaterThan(PURE_RUNS / 10);
    },
    TIMEOUT_MS,
  );

  it('P26, P31: with other hosts and other methods are refused, for any path', () => {
    fc.assert(
      fc.property(foreign, (spelt) => {
        expect(atGate(spelt)).toBe('refused');
        expectAsks(spelt);
      }),
      { numRuns: 10_000 },
    );
  });

  it('F10: are refused if the host contains another part', () => {
    fc.assert(
      fc.property(overfullHost, (spelt) => expectAsks(spelt, ['forward'])),
      { numRuns: 20_000 },
    );
  });

  it('F11: are refused if the path contains another part', () => {
    fc.assert(
      fc.property(overfullPath, (spelt) => expectAsks(spelt, ['forward'])),
      { numRuns: 10_000 },
    );
  });
});

describe('one request in many spellings, over raw sockets', async () => {
  const gate = await gateForAllTests({ vars: { ...SITE, FORWARD_AUTH_SECRETS: [SECRET] } });

  const STATUSES: Record<Asks, readonly number[]> = {
    nothing: [200],
    'a session': [401],
    refused: [400, 405, 421],
  };

  it(
    'P26, P27: get at the gate the verdict of its canonical form',
    async () => {
      const requests = [...fc.sample(spelling, RAW_RUNS), ...fc.sample(foreign, RAW_RUNS / 4)];
      await sendAll(
        gate.port,
        // workerd itself ends the connection over a method that is none in HTTP's own registry.
        requests.filter(({ method }) => method === method.toUpperCase()),
        ({ host, path, method }) => ({ method, target: path, headers: { Host: host } }),
        (spelt, { status }) => {
          expect([spelt, STATUSES[spelt.asks].includes(status) || status]).toEqual([spelt, true]);
        },
      );
    },
    TIMEOUT_MS,
  );

  it.each(KINDS)(
    'P26, F10: get, described by %s, the verdict of its canonical form',
    async (kind) => {
      const hostile = kind === 'forward' ? fc.sample(overfullHost, RAW_RUNS) : [];
      const requests = [...fc.sample(spelling, RAW_RUNS), ...fc.sample(foreign, RAW_RUNS / 4)];
      const refusals = kind === 'nginx' ? [403] : STATUSES.refused;
      await sendAll(
        gate.port,
        [...requests, ...hostile].filter(
          ({ method }) => kind !== 'envoy' || method === method.toUpperCase(),
        ),
        ({ host, path, method }) => {
          const asked = told(kind, path, { host, method });
          return { ...asked, headers: { 'Postern-Proxy-Secret': SECRET, ...asked.headers } };
        },
        (spelt, { status }) => {
          const expected = spelt.asks === 'refused' ? refusals : STATUSES[spelt.asks];
          expect([spelt, expected.includes(status) || status]).toEqual([spelt, true]);
        },
      );
    },
    TIMEOUT_MS,
  );
});

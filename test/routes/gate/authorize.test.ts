import { describe, expect, it } from 'vitest';
import type { Carrier, PresentedCredentials } from '../../../src/credentials/credential.ts';
import { admit } from '../../../src/http/admit.ts';
import { SiteHosts } from '../../../src/http/site-hosts.ts';
import {
  type Authorization,
  type AuthorizationOptions,
  authorize,
  authorizeAgain,
  isPreflight,
} from '../../../src/routes/gate/authorize.ts';
import { Rules } from '../../../src/rules/rules.ts';
import { NOTHING_ASKED, type Resolution } from '../../../src/sessions/resolution.ts';
import { pathPattern } from '../../support/path-pattern.ts';

const HOSTS = new SiteHosts('https://app.example.test');
const COOKIE = { kind: 'cookie', cookieName: 's' } as const;
const BEARER = { kind: 'bearer' } as const;
const DEAD: Resolution = {
  outcome: 'not-signed-in',
  reason: 'session_inactive',
  body: undefined,
  mayClearCookie: true,
  provenance: NOTHING_ASKED,
};

function sessionOf(identityId: string, id: string): Resolution {
  return {
    outcome: 'signed-in',
    session: { id, expiresAt: Infinity, identity: { id: identityId }, document: {} },
    body: '{}',
    logPosition: 0,
    setCookies: [],
    cacheForSeconds: undefined,
    provenance: NOTHING_ASKED,
  };
}

function present(carrier: Carrier, first: string, ...others: string[]): PresentedCredentials {
  const one = (value: string) => ({ carrier, value });
  return { kind: 'candidates', candidates: [one(first), ...others.map(one)] };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly rules?: Rules;
}

/** Authorizes a request with these credentials, and records its lookups. */
async function ask(
  presented: PresentedCredentials[],
  good: Map<string, Resolution>,
  { method = 'GET', headers: sent = {}, rules = new Rules([]) }: Asked = {},
) {
  const asked: string[] = [];
  const options: AuthorizationOptions = {
    rules,
    accepted: {
      hosts: HOSTS,
      methods: new Set(['GET', 'PUT', 'OPTIONS']),
      allowedForms: new Set(),
    },
    lookUp: {
      readCredentials: () => presented,
      sessions: {
        resolve: async ({ value }) => {
          asked.push(value);
          return good.get(value) ?? DEAD;
        },
      },
      tokens: { resolve: () => expect.fail('no token') },
    },
    revocation: { lagMs: 5000, refresh: () => undefined, trustedSince: () => 0 },
    now: () => 0,
  };
  const headers = new Headers(sent);
  const admission = { hosts: HOSTS, allowedForms: new Set<never>() };
  const target = admit({ method, url: 'https://app.example.test/', headers }, admission);
  if (!target.ok) return expect.fail(target.failure);
  const request = { headers, target: target.value, waitUntil: () => {} };
  const result = await authorize(request, options);
  const again = (first: Authorization) => authorizeAgain(first, request, options);
  return { result, asked, again };
}

async function authorization(presented: PresentedCredentials[], good: Map<string, Resolution>) {
  const { result, asked, again } = await ask(presented, good);
  if (!result.ok || isPreflight(result.value)) return expect.fail('a judgment');
  return { judgment: result.value, asked, again };
}

describe('authorize()', () => {
  const GOOD = new Map([['good', sessionOf('ann', '1')]]);
  const SPA = 'https://spa.example';
  const rule = (session: 'none' | 'optional' | 'required') => ({
    path: pathPattern('/'),
    session,
    freshness: 'normal' as const,
    cache_control: 'no-store' as const,
    preflight: [SPA],
    forwarded_headers: [],
    forward_credentials: false,
    cut_streams: false,
    scopes: [],
  });
  const shared = new Rules([rule('required')]);

  it('refuses a method that the site does not accept', async () => {
    const { result, asked } = await ask([present(COOKIE, 'good')], GOOD, { method: 'TRACE' });
    expect([result, asked]).toEqual([{ ok: false, failure: 'method_not_allowed' }, []]);
  });

  it('refuses a header with two credentials', async () => {
    const conflict = {
      kind: 'unusable',
      carrier: BEARER,
      reason: 'credential_conflicting',
    } as const;
    for (const session of ['optional', 'required'] as const) {
      const { result } = await ask([conflict], GOOD, { rules: new Rules([rule(session)]) });
      expect([session, result]).toEqual([
        session,
        { ok: false, failure: 'credential_conflicting' },
      ]);
    }
  });

  it('looks up no credential under a rule without a session', async () => {
    const { result, asked, again } = await ask([present(COOKIE, 'good')], GOOD, {
      rules: new Rules([rule('none')]),
    });
    if (!result.ok || isPreflight(result.value)) return expect.fail('a judgment');
    expect(result.value.verdict).toEqual({ kind: 'pass', session: undefined });
    expect((await again(result.value)).verdict).toEqual(result.value.verdict);
    expect(asked).toEqual([]);
  });

  // OWASP ASVS 5.0, 4.4.2: the Origin of a WebSocket handshake is one of those the application allows.
  it.each([
    [undefined, true],
    ['https://app.example.test', true],
    [SPA, true],
    ['https://elsewhere.example', false],
    ['null', false],
  ])('opens a WebSocket for the origin %j: %s', async (origin, expected) => {
    const handshake = { upgrade: 'websocket', ...(origin !== undefined && { origin }) };
    const opened = await ask([present(COOKIE, 'good')], GOOD, {
      headers: handshake,
      rules: shared,
    });
    expect(opened.result.ok || opened.result.failure).toBe(expected || 'origin_not_allowed');
    const plain = { ...(origin !== undefined && { origin }) };
    const { result } = await ask([present(COOKIE, 'good')], GOOD, {
      headers: plain,
      rules: shared,
    });
    expect(result.ok).toBe(true);
  });

  // Fetch standard, "CORS-preflight fetch".
  it('answers the preflight of an origin of the rule, for an accepted method', async () => {
    const preflight = async (origin: string, asked: string) => {
      const headers = { origin, 'access-control-request-method': asked };
      const { result } = await ask([], GOOD, { method: 'OPTIONS', headers, rules: shared });
      return result.ok && isPreflight(result.value);
    };
    expect(await preflight(SPA, 'PUT')).toBe(true);
    expect(await preflight(SPA, 'TRACE')).toBe(false);
    expect(await preflight('https://elsewhere.example', 'PUT')).toBe(false);
  });
});

describe('authorizeAgain()', () => {
  it('T16: looks up the credential that opened the way, and no credential that was refused before it', async () => {
    const good = new Map([['good', sessionOf('ann', '1')]]);
    const { judgment, asked, again } = await authorization(
      [present(COOKIE, 'dead'), present(BEARER, 'good')],
      good,
    );
    expect([judgment.verdict.kind, asked]).toEqual(['pass', ['dead', 'good']]);
    expect((await again(judgment)).verdict.kind).toBe('pass');
    expect(asked).toEqual(['dead', 'good', 'good']);
  });

  it('T16: ends with that session, even if another cookie or a bearer of the request is valid', async () => {
    const good = new Map([
      ['first', sessionOf('ann', '1')],
      ['second', sessionOf('ann', '2')],
      ['third', sessionOf('ann', '3')],
    ]);
    const presented = [present(COOKIE, 'first', 'second'), present(BEARER, 'third')];
    const { judgment, again } = await authorization(presented, good);
    good.delete('first');
    expect((await again(judgment)).verdict).toMatchObject({
      kind: 'deny',
      reason: 'session_inactive',
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Carrier, Presentation } from '../../../src/credentials/credential.ts';
import { admit } from '../../../src/http/admit.ts';
import { SiteHosts } from '../../../src/http/site-hosts.ts';
import { isPreflight, type JudgeOptions, judge } from '../../../src/routes/gate/authorize.ts';
import { Rules } from '../../../src/rules/rules.ts';
import { NOTHING_ASKED, type Resolution } from '../../../src/sessions/resolution.ts';

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

function present(carrier: Carrier, first: string, ...others: string[]): Presentation {
  const one = (value: string) => ({ carrier, value });
  return { kind: 'candidates', candidates: [one(first), ...others.map(one)] };
}

/** A judgment of a request with these credentials, and a record of what is looked up for it. */
async function judged(presented: Presentation[], good: Map<string, Resolution>) {
  const asked: string[] = [];
  const options: JudgeOptions = {
    rules: new Rules([]),
    methods: new Set(['GET']),
    hosts: HOSTS,
    allowedForms: new Set(),
    readCredentials: () => presented,
    sessions: {
      resolve: async ({ value }) => {
        asked.push(value);
        return good.get(value) ?? DEAD;
      },
    },
    tokens: { resolve: () => expect.fail('no token') },
    revocation: { lagMs: 5000, refresh: () => undefined, trustedSince: () => 0 },
    now: () => 0,
  };
  const headers = new Headers();
  const admission = { hosts: HOSTS, allowedForms: new Set<never>() };
  const target = admit({ method: 'GET', url: 'https://app.example.test/', headers }, admission);
  if (!target.ok) return expect.fail(target.failure);
  const judgment = await judge({ headers, target: target.value, anchor: () => {} }, options);
  if (!judgment.ok || isPreflight(judgment.value)) return expect.fail('a judgment');
  return { judgment: judgment.value, asked };
}

describe('judge().again', () => {
  it('T16: looks at the credential that opened the way, and at none that was refused before it', async () => {
    const good = new Map([['good', sessionOf('ann', '1')]]);
    const { judgment, asked } = await judged(
      [present(COOKIE, 'dead'), present(BEARER, 'good')],
      good,
    );
    expect([judgment.verdict.kind, asked]).toEqual(['pass', ['dead', 'good']]);
    expect((await judgment.again()).verdict.kind).toBe('pass');
    expect(asked).toEqual(['dead', 'good', 'good']);
  });

  it('T16: ends with that session, though another cookie or a bearer of the request is good', async () => {
    const good = new Map([
      ['first', sessionOf('ann', '1')],
      ['second', sessionOf('ann', '2')],
      ['third', sessionOf('ann', '3')],
    ]);
    const presented = [present(COOKIE, 'first', 'second'), present(BEARER, 'third')];
    const { judgment } = await judged(presented, good);
    good.delete('first');
    expect((await judgment.again()).verdict).toMatchObject({
      kind: 'deny',
      reason: 'session_inactive',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { admit } from '../../../src/http/admit.ts';
import { SiteHosts } from '../../../src/http/site-hosts.ts';
import { NO_REVOCATION_LOG } from '../../../src/revocation/revocation-view.ts';
import type { Authorization, RecheckOptions } from '../../../src/routes/gate/authorize.ts';
import { exchangeCredential } from '../../../src/routes/gate/exchange.ts';
import { DEFAULT_RULE } from '../../../src/rules/rules.ts';

const API = 'https://api.example.com';

/** A request that was refused for this reason. */
function refused(reason: 'token_revoked' | 'token_expired' | 'insufficient_scope'): Authorization {
  const rule = { ...DEFAULT_RULE, exchange: new Set([API]) };
  const verdict = { kind: 'deny', reason, storeBody: undefined, detail: undefined } as const;
  const token = { carrier: { kind: 'bearer' }, value: 'the-token' } as const;
  return {
    match: { rule, byReading: [] },
    chosen: { kind: 'tokens', candidates: [token] },
    tried: [],
    deadCookies: [],
    resolution: undefined,
    verdict,
  };
}

const TARGET = admit(
  { method: 'GET', url: 'https://app.example.com/', headers: new Headers() },
  { hosts: new SiteHosts('https://app.example.com'), allowedForms: new Set() },
);
if (!TARGET.ok) throw new Error('admitted');
const ASKED = { target: TARGET.value, waitUntil: () => {} };

const UNASKED: RecheckOptions = {
  lookUp: {
    readCredentials: () => expect.fail('not read'),
    sessions: { resolve: () => expect.fail('not asked') },
    tokens: { resolve: () => expect.fail('not asked') },
  },
  revocation: NO_REVOCATION_LOG,
  now: () => 0,
};

describe('exchangeCredential()', () => {
  it.each([
    ['token_revoked', [['the-token', API]]],
    ['token_expired', []],
    ['insufficient_scope', []],
  ] as const)('after %s it drops %j and exchanges nothing', async (reason, expected) => {
    const forgotten: string[][] = [];
    const authorization = refused(reason);
    const exchangedTokens = {
      exchange: () => expect.fail('not asked'),
      forget: async (...parts: string[]) => void forgotten.push(parts),
    };
    const services = { exchangedTokens, authorization: UNASKED };
    expect(await exchangeCredential(authorization, ASKED, services)).toBe(authorization);
    expect(forgotten).toEqual(expected);
  });
});

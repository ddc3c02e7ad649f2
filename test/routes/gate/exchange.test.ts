import { describe, expect, it } from 'vitest';
import type { Authorization } from '../../../src/routes/gate/authorize.ts';
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
    recheck: () => Promise.reject(new Error('not asked')),
  };
}

describe('exchangeCredential()', () => {
  it.each([
    ['token_revoked', [['the-token', API]]],
    ['token_expired', []],
    ['insufficient_scope', []],
  ] as const)('after %s it drops %j and exchanges nothing', async (reason, expected) => {
    const forgotten: string[][] = [];
    const authorization = refused(reason);
    const tokens = {
      exchange: () => Promise.reject(new Error('not asked')),
      forget: async (...parts: string[]) => void forgotten.push(parts),
    };
    expect(await exchangeCredential(authorization, tokens, () => {})).toBe(authorization);
    expect(forgotten).toEqual(expected);
  });
});

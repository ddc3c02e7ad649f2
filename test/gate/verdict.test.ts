import { describe, expect, it } from 'vitest';
import type { Rule } from '../../src/gate/rules.ts';
import { decide, PASS_UNSEEN } from '../../src/gate/verdict.ts';
import type { Session } from '../../src/session/session.ts';
import type { Provenance, Resolution } from '../../src/whoami/resolution.ts';

const provenance: Provenance = {
  tier: 'none',
  forwarded: undefined,
  ageSeconds: 0,
  ttlSeconds: undefined,
  collapsed: false,
  fault: undefined,
};
const session: Session = { id: 's', identity: { id: 'i' }, expiresAt: 1, document: {} };

const rule = (kind: Rule['session']): Rule => ({
  name: 'r',
  session: kind,
  freshness: 'normal',
  cacheControl: 'no-store',
});

/** Everything a resolution can be, `signed-in` apart. */
const OTHERS: readonly Resolution[] = [
  { outcome: 'not-signed-in', reason: 'credential_missing', body: undefined, provenance },
  { outcome: 'not-signed-in', reason: 'credential_malformed', body: undefined, provenance },
  { outcome: 'not-signed-in', reason: 'credential_ambiguous', body: undefined, provenance },
  { outcome: 'not-signed-in', reason: 'session_inactive', body: '{}', provenance },
  { outcome: 'insufficient', body: '{"a":1}', provenance },
  { outcome: 'unknown', reason: 'issuer_keys_unavailable', retryAfterSeconds: 7, provenance },
  { outcome: 'rejected', status: 400, body: '{}', provenance },
  { outcome: 'not-cached', provenance },
];
const signedIn: Resolution = {
  outcome: 'signed-in',
  session,
  body: '{}',
  logPosition: 0,
  setCookies: [],
  cacheForSeconds: undefined,
  provenance,
};

describe('decide()', () => {
  it('passes a proven session, with whom it is', () => {
    for (const kind of ['required', 'optional'] as const)
      expect(decide(rule(kind), signedIn)).toEqual({ kind: 'pass', session, deadCookie: false });
  });

  it.each(OTHERS)('never passes $outcome ($reason) where a session is required', (resolution) => {
    expect(decide(rule('required'), resolution).kind).not.toBe('pass');
  });

  it('passes without a session only who is known not to be signed in, and where it is optional', () => {
    const kinds = OTHERS.map((resolution) => decide(rule('optional'), resolution));
    expect(kinds.map(({ kind }) => kind)).toEqual([
      ...['pass', 'pass', 'pass', 'pass'],
      ...['deny', 'cannot-tell', 'cannot-tell', 'cannot-tell'],
    ]);
    for (const verdict of kinds)
      if (verdict.kind === 'pass') expect(verdict.session).toBeUndefined();
  });

  it('calls a cookie dead when one was presented and nobody’s', () => {
    const dead = OTHERS.slice(0, 4).map((resolution) => decide(rule('optional'), resolution));
    expect(dead.map((verdict) => verdict.kind === 'pass' && verdict.deadCookie)).toEqual([
      ...[false, true, true, true],
    ]);
  });

  it('keeps the store’s own words of a denial', () => {
    expect(decide(rule('required'), OTHERS[4] ?? signedIn)).toEqual({
      kind: 'deny',
      reason: 'session_aal2_required',
      storeBody: '{"a":1}',
    });
    expect(decide(rule('required'), OTHERS[3] ?? signedIn)).toEqual({
      kind: 'deny',
      reason: 'session_inactive',
      storeBody: '{}',
    });
  });

  it('says how long to wait when it cannot tell', () => {
    expect(decide(rule('required'), OTHERS[5] ?? signedIn)).toEqual({
      kind: 'cannot-tell',
      reason: 'issuer_keys_unavailable',
      retryAfterSeconds: 7,
    });
  });

  it('PASS_UNSEEN names nobody', () => {
    expect(PASS_UNSEEN).toEqual({ kind: 'pass', session: undefined, deadCookie: false });
    expect(Object.isFrozen(PASS_UNSEEN)).toBe(true);
  });
});

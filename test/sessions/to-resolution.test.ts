import { describe, expect, it } from 'vitest';
import type { ConfirmedAnswer } from '../../src/sessions/confirmed-answer.ts';
import { setProvenance } from '../../src/sessions/provenance-headers.ts';
import type { Resolution } from '../../src/sessions/resolution.ts';
import {
  fromTier,
  notCached,
  refusalFromMemory,
  toResolution,
  unknown,
} from '../../src/sessions/to-resolution.ts';
import { checkedSession } from './checked-sessions.ts';
import { confirmedRefusal } from './confirmed-refusals.ts';

const T = 1_700_000_000_000;
const checked = checkedSession({ checkedAt: T, expiresAt: T + 600_000 });
const { session, body } = checked;
const SESSION: ConfirmedAnswer = {
  kind: 'session',
  session,
  body,
  setCookies: ['a=b'],
  cacheForSeconds: 100,
};
const AWAITED = {
  startedAt: T,
  logPosition: 7,
  now: T + 1500,
  forwarded: 'miss',
  ttlOf: () => 28,
} as const;

function provenanceOf({ provenance }: Resolution) {
  const headers = new Headers();
  setProvenance(headers, provenance);
  return [headers.get('cache-status'), headers.get('age')];
}

describe('toResolution()', () => {
  it('returns a session, with the Set-Cookie of its own request', () => {
    const resolution = toResolution(SESSION, AWAITED);
    expect(resolution).toMatchObject({ outcome: 'signed-in', body, setCookies: ['a=b'] });
    expect(provenanceOf(resolution)).toEqual(['postern; fwd=miss; ttl=28; detail=store', null]);
  });

  it('returns no Set-Cookie to a request that joined', () => {
    const resolution = toResolution(SESSION, { ...AWAITED, joined: true });
    expect(resolution).toMatchObject({ outcome: 'signed-in', setCookies: [] });
    expect(provenanceOf(resolution)[0]).toBe('postern; fwd=miss; ttl=28; collapsed; detail=store');
  });

  it('treats a session that expired during the call as no session', () => {
    expect(toResolution(SESSION, { ...AWAITED, now: T + 600_000 })).toMatchObject({
      outcome: 'not-signed-in',
      reason: 'session_inactive',
    });
    expect(toResolution(SESSION, { ...AWAITED, now: T + 599_999 }).outcome).toBe('signed-in');
  });

  it.each<[ConfirmedAnswer, Partial<Resolution>]>([
    [confirmedRefusal('b'), { outcome: 'not-signed-in', body: 'b' }],
    [
      { kind: 'insufficient', body: 'b' },
      { outcome: 'insufficient', body: 'b' },
    ],
    [
      { kind: 'rejected', status: 400, body: 'b' },
      { outcome: 'rejected', status: 400, body: 'b' },
    ],
    [
      { kind: 'fault', scope: 'store', detail: 'store-503', retryAfterSeconds: 7 },
      { outcome: 'unknown', retryAfterSeconds: 7 },
    ],
  ])('returns %j with only its own members', (answer, expected) => {
    expect(toResolution(answer, AWAITED)).toMatchObject(expected);
  });
});

describe('an answer of a tier', () => {
  it('states its tier and its age', () => {
    const resolution = fromTier(checked, { tier: 'kv', now: T + 12_345, ttlSeconds: 17 });
    expect(provenanceOf(resolution)).toEqual(['postern; hit; ttl=17; detail=kv', '12']);
  });

  it('states that it is stale, and the failure', () => {
    const place = { tier: 'memory', now: T + 90_000, ttlSeconds: -60 } as const;
    const resolution = fromTier(checked, { ...place, fault: 'store-timeout' });
    expect(provenanceOf(resolution)).toEqual([
      'postern; fwd=stale; ttl=-60; detail=store-timeout',
      '90',
    ]);
  });

  it('subtracts its age from the store’s lifetime, down to zero', () => {
    const kept = { ...checked, cacheForSeconds: 20 };
    const after = (ms: number) => fromTier(kept, { tier: 'memory', now: T + ms, ttlSeconds: 30 });
    expect(after(5000)).toMatchObject({ cacheForSeconds: 15 });
    expect(after(25_000)).toMatchObject({ cacheForSeconds: 0 });
  });

  it.each([
    ['asked for after it', confirmedRefusal('b'), true],
    ['asked for before it', confirmedRefusal('b', { question: 1 }), false],
    ['that is not published', confirmedRefusal('b', { readiness: 'unpublished' }), false],
  ])('C26: with readiness %s allows clearing a cookie: %s', (_, refusal, mayClearCookie) => {
    expect(toResolution(refusal, AWAITED)).toMatchObject({ mayClearCookie });
    const remembered = refusalFromMemory({ ...refusal, checkedAt: T }, T + 3000);
    expect(remembered).toMatchObject({ outcome: 'not-signed-in', mayClearCookie });
  });

  it('repeats a negative answer with its age', () => {
    const resolution = refusalFromMemory({ ...confirmedRefusal('b'), checkedAt: T }, T + 3000);
    expect(resolution).toMatchObject({ outcome: 'not-signed-in', body: 'b' });
    expect(provenanceOf(resolution)).toEqual(['postern; hit; detail=memory', '3']);
  });

  it('states no source without a lookup', () => {
    expect(provenanceOf(notCached())).toEqual([null, null]);
  });

  it('states the reason of a fault', () => {
    const resolution = unknown('store-503', 3, 'miss');
    expect(provenanceOf(resolution)).toEqual(['postern; fwd=miss; detail=store-503', null]);
  });
});

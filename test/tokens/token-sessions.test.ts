import { beforeAll, describe, expect, it } from 'vitest';
import {
  NO_REVOCATION_LOG,
  type RevocationSubject,
  type RevocationView,
} from '../../src/revocation/revocation-view.ts';
import type { KeyAnswer } from '../../src/tokens/issuer-keys.ts';
import { findKey, type IssuerKey, importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { TokenSessions } from '../../src/tokens/token-sessions.ts';
import { createTrustedIssuer } from '../../src/tokens/trusted-issuer.ts';
import { authority } from '../support/authority.ts';
import { createTestIssuer, type TestIssuer, usualClaims } from '../support/token-issuer.ts';

const HOST = authority('app.example.test');

const T0 = 1_800_000_000_000;
const ISSUER = 'https://auth.example.test/';

let issuer: TestIssuer;
let issuerKeys: readonly IssuerKey[];

beforeAll(async () => {
  issuer = await createTestIssuer({ issuer: ISSUER });
  const set = readKeySet({ keys: [issuer.publicJwk] }, ['ES256']);
  issuerKeys = set.ok ? await importKeys(set.value) : [];
});

function setUp(preset: 'kratos' | 'keycard' = 'kratos') {
  const world = {
    now: T0,
    keys: issuerKeys,
    unavailable: false,
    areKeysAtHand: false,
    finds: 0,
    trustedSince: 0,
    marks: new Map<string, number>(),
    asked: [] as RevocationSubject[],
    order: [] as string[],
    /** Events during the key fetch. */
    meanwhile: () => {},
    refreshed: undefined as Promise<void> | undefined,
  };
  const revocation: RevocationView = {
    ...NO_REVOCATION_LOG,
    refresh: () => {
      world.order.push('refresh');
      return world.refreshed?.then(() => void world.order.push('refreshed'));
    },
    lastMark: () => {
      throw new Error('that is the question for checks at the store');
    },
    trustedSince: () => world.trustedSince,
    tokensDeniedUntil: (subject) => {
      world.order.push('ask');
      world.asked.push(subject);
      return Math.max(
        0,
        ...Object.values(subject)
          .flat()
          .map((name) => world.marks.get(name) ?? 0),
      );
    },
  };
  const findAnswer = (wanted: Parameters<typeof findKey>[1]): KeyAnswer => {
    if (world.unavailable) return { kind: 'unavailable', detail: 'keys-503', retryAfterSeconds: 3 };
    const key = findKey(world.keys, wanted);
    return key === undefined ? { kind: 'unknown-key' } : { kind: 'key', key };
  };
  const keys = {
    isReady: async () => !world.unavailable,
    find: (wanted: Parameters<typeof findKey>[1]): KeyAnswer | Promise<KeyAnswer> => {
      world.finds += 1;
      world.meanwhile();
      const answer = findAnswer(wanted);
      return world.areKeysAtHand ? answer : Promise.resolve(answer);
    },
  };
  const settings = {
    issuer: ISSUER,
    preset,
    audience: ['postern'],
    algorithms: ['ES256' as const],
    allow_other_origin: false,
    required_claims: [],
    marker_claims: {},
    clock_tolerance_seconds: 5,
    max_lifetime_seconds: 86_400,
    session_fields: {},
    trusted_claims: [],
    keys: undefined,
  };
  const sessions = new TokenSessions({
    issuers: [createTrustedIssuer(settings, keys, () => new Set([HOST]))],
    revocation,
    maxAgeWithoutLogMs: 360_000,
    now: () => world.now,
  });
  const isReady = () => sessions.isReady(() => {});
  const resolve = (token: string) =>
    sessions.resolve({ value: token }, { host: HOST, waitUntil: () => {} });
  const recall = (token: string) =>
    sessions.recall({ value: token }, { host: HOST, waitUntil: () => {} });
  return { world, resolve, recall, isReady };
}

const make = (claims: object = {}, header: object = {}) => issuer.token(T0, { claims, header });

describe('TokenSessions', () => {
  it('returns the age and the remaining lifetime of a token, in whole seconds', async () => {
    const { world, resolve } = setUp();
    const token = await make({ iat: T0 / 1000, nbf: T0 / 1000, exp: T0 / 1000 + 600 });
    const agesAt = async (ms: number) => {
      world.now = T0 + ms;
      const { ageSeconds, ttlSeconds } = (await resolve(token)).provenance;
      return [ageSeconds, ttlSeconds];
    };
    expect(await agesAt(90_999)).toEqual([90, 509]);
    expect(await agesAt(0)).toEqual([0, 600]);
    expect(await agesAt(-1000)).toEqual([0, 601]); // the issuer's clock is ahead
  });

  it('caches a token by its bytes, and verifies its signature once', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    expect(await resolve(token)).toMatchObject({
      outcome: 'signed-in',
      provenance: { tier: 'signature' },
    });
    expect(await resolve(token)).toMatchObject({
      outcome: 'signed-in',
      provenance: { tier: 'memory' },
    });
    const other = await make({ jti: 'another' });
    expect(await resolve(other)).toMatchObject({ provenance: { tier: 'signature' } });
    expect(world.finds).toBe(3);
  });

  it('recall() answers as resolve() does, once the token was verified and its keys are at hand', async () => {
    const { world, resolve, recall } = setUp();
    const token = await make();
    expect(recall(token)).toBeUndefined();
    await resolve(token);
    expect(recall(token)).toBeUndefined(); // the keys have to be awaited
    world.areKeysAtHand = true;
    expect(recall(token)).toEqual(await resolve(token));
  });

  it('recall() leaves to resolve() what has to wait for the view, and a key that is gone', async () => {
    const { world, resolve, recall } = setUp();
    world.areKeysAtHand = true;
    const token = await make();
    await resolve(token);
    world.refreshed = Promise.resolve();
    expect(recall(token)).toBeUndefined();
    world.refreshed = undefined;
    world.keys = [];
    expect(recall(token)).toBeUndefined();
    expect(await resolve(token)).toMatchObject({ reason: 'token_key_unknown' });
  });

  it('recall() refuses a token that is revoked or expired', async () => {
    const { world, resolve, recall } = setUp();
    world.areKeysAtHand = true;
    const token = await make();
    await resolve(token);
    const [{ sessionId = '' } = {}] = world.asked;
    world.marks.set(sessionId, T0 + 60_000);
    expect(recall(token)).toMatchObject({ reason: 'token_revoked' });
    world.marks.clear();
    await resolve(token);
    world.now = T0 + 86_400_000;
    expect(recall(token)).toMatchObject({ reason: 'token_expired' });
  });

  it('drops a token with its key, and reports it', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    await resolve(token);
    world.keys = [];
    expect(await resolve(token)).toMatchObject({
      outcome: 'not-signed-in',
      reason: 'token_key_unknown',
    });
    world.keys = issuerKeys;
    expect(await resolve(token)).toMatchObject({ provenance: { tier: 'signature' } });
  });

  it('refuses another key with the same id', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    await resolve(token);
    const impostor = await createTestIssuer({ issuer: ISSUER, kid: issuer.kid });
    const set = readKeySet({ keys: [impostor.publicJwk] }, ['ES256']);
    world.keys = set.ok ? await importKeys(set.value) : [];
    expect(await resolve(token)).toMatchObject({ reason: 'token_signature_invalid' });
  });

  it('returns a fault while the keys are unavailable, cached or not', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    await resolve(token);
    world.unavailable = true;
    expect(await resolve(token)).toEqual({
      outcome: 'unknown',
      reason: 'issuer_keys_unavailable',
      retryAfterSeconds: 3,
      provenance: expect.objectContaining({ tier: 'none', forwarded: 'miss', fault: 'keys-503' }),
    });
  });

  it('is ready while every issuer has keys', async () => {
    const { world, isReady } = setUp();
    expect(await isReady()).toBe(true);
    world.unavailable = true;
    expect(await isReady()).toBe(false);
  });

  it('drops a token when it expires', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    await resolve(token);
    world.now = T0 + 604_999;
    expect((await resolve(token)).outcome).toBe('signed-in');
    world.now = T0 + 605_000;
    expect(await resolve(token)).toMatchObject({ reason: 'token_expired' });
  });

  it('denies tokens revoked by session, identity, token or issuer, by their iat', async () => {
    const { sid, sub, jti } = usualClaims(ISSUER, T0);
    for (const name of [sid, sub, jti, ISSUER]) {
      const { world, resolve } = setUp();
      const token = await make();
      await resolve(token);
      world.marks.set(name, T0 - 1);
      expect((await resolve(token)).outcome).toBe('signed-in');
      world.marks.set(name, T0);
      expect(await resolve(token)).toMatchObject({
        outcome: 'not-signed-in',
        reason: 'token_revoked',
      });
      expect(await setUp().resolve(token)).toMatchObject({ outcome: 'signed-in' });
    }
  });

  it('denies by the identity in the session claim as well as by sub', async () => {
    const session = { identity: { id: 'the-identity', external_id: 'the-external-id' } };
    const token = await make({ sub: 'the-external-id', session });
    for (const name of ['the-identity', 'the-external-id']) {
      const { world, resolve } = setUp();
      world.marks.set(name, T0);
      expect(await resolve(token)).toMatchObject({ reason: 'token_revoked' });
    }
  });

  it('waits for the view before it uses it', async () => {
    const { world, resolve } = setUp();
    const { promise, resolve: settle } = Promise.withResolvers<void>();
    world.refreshed = promise;
    const answer = resolve(await make());
    await new Promise((done) => setTimeout(done, 5));
    expect(world.order).toEqual(['refresh']);
    settle();
    expect((await answer).outcome).toBe('signed-in');
    // Once more when the keys are there, for which it may have waited.
    expect(world.order).toEqual(['refresh', 'refreshed', 'refresh', 'refreshed', 'ask']);
  });

  it('C32: checks a cached token against the view again if it waited for its key', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    await resolve(token);
    world.order = [];
    await resolve(token);
    expect(world.order).toEqual(['refresh', 'ask']);
    world.order = [];
    world.meanwhile = () => {
      world.now += 7000; // the endpoint hangs
    };
    const { promise, resolve: settle } = Promise.withResolvers<void>();
    const answer = resolve(token);
    world.refreshed = promise;
    world.marks.set(usualClaims(ISSUER, T0).sid, T0);
    settle();
    expect(await answer).toMatchObject({ reason: 'token_revoked' });
    expect(world.order).toEqual(['refresh', 'refresh', 'refreshed', 'ask']);
  });

  it('accepts a young token with terms in the answer, and refuses an older one, while the log cannot be read', async () => {
    const { world, resolve } = setUp();
    const token = await make();
    world.trustedSince = T0 + 1;
    world.now = T0 + 359_000;
    expect(await resolve(token)).toMatchObject({
      outcome: 'signed-in',
      provenance: { forwarded: 'stale', fault: 'revocation-log' },
    });
    world.now = T0 + 360_000;
    expect(await resolve(token)).toMatchObject({ outcome: 'unknown' });
    world.trustedSince = 0;
    expect(await resolve(token)).toMatchObject({ provenance: { fault: undefined } });
  });

  it('returns an immutable session', async () => {
    const { resolve } = setUp();
    const resolution = await resolve(await make({ session: { identity: { traits: { a: [1] } } } }));
    if (resolution.outcome !== 'signed-in') throw new Error(resolution.outcome);
    const { document } = resolution.session;
    expect(() => Object.assign(document.identity as object, { id: 'x' })).toThrow(TypeError);
    expect(Object.isFrozen(document)).toBe(true);
  });

  it('identifies a Keycard session by sid or jti, and revokes by them and by sub', async () => {
    const { world, resolve } = setUp('keycard');
    await resolve(await make({ client_id: 'c', sid: undefined }));
    const { sub, jti } = usualClaims(ISSUER, T0);
    expect(world.asked).toEqual([
      { sessionId: jti, identityId: sub, issuer: ISSUER, tokenId: jti },
    ]);
    const unnamed = await make({ client_id: 'c', sid: undefined, jti: undefined });
    const resolution = await resolve(unnamed);
    if (resolution.outcome !== 'signed-in') throw new Error(resolution.outcome);
    expect(resolution.session.id).toMatch(/^v1t:[A-Za-z0-9_-]{43}$/);
    expect(JSON.parse(String(resolution.body))).not.toHaveProperty('id');
  });

  it('revokes a Keycard token by its application and by each actor, and by none if it names no application', async () => {
    const { world, resolve } = setUp('keycard');
    const keycard = { client_id: 'c', sid: undefined, sub_profile: 'user' };
    const act = { sub: 'app-2', act: { sub: 'app-3', act: { sub: 'app-2' } } };
    await resolve(await make({ ...keycard, keycard_app_id: 'app-1', act }));
    await resolve(await make({ ...keycard, keycard_app_id: 'app-1' }));
    await resolve(await make({ ...keycard, act }));
    expect(world.asked.map(({ applicationIds }) => applicationIds)).toEqual([
      ['app-1', 'app-2', 'app-3'],
      ['app-1'],
      undefined,
    ]);
  });
});

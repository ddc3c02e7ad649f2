import { describe, expect, it } from 'vitest';
import type {
  Carrier,
  PresentedCredentials,
  TokenCredential,
} from '../../src/credentials/credential.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { NOTHING_ASKED, type Resolution } from '../../src/sessions/resolution.ts';
import { resolveCredentials } from '../../src/sessions/resolve-credentials.ts';
import { toResolution, unknown } from '../../src/sessions/to-resolution.ts';
import { authority } from '../support/authority.ts';
import { checkedSession } from './checked-sessions.ts';
import { confirmedRefusal } from './confirmed-refusals.ts';

const CIRCUMSTANCES = { startedAt: 0, logPosition: 0, now: 1, forwarded: 'miss' } as const;

/** The meaning of each credential value in these tests. */
const ANSWERS: Record<string, Resolution> = {
  dead: toResolution(confirmedRefusal('dead'), CIRCUMSTANCES),
  dead2: toResolution(confirmedRefusal('dead'), CIRCUMSTANCES),
  dead3: toResolution(confirmedRefusal('dead'), CIRCUMSTANCES),
  forged: {
    outcome: 'not-signed-in',
    reason: 'token_signature_invalid',
    body: undefined,
    mayClearCookie: true,
    provenance: NOTHING_ASKED,
  },
  weak: toResolution({ kind: 'insufficient', body: 'weak' }, CIRCUMSTANCES),
  doubt: unknown('store-503', 2, 'miss'),
  odd: toResolution({ kind: 'rejected', status: 400, body: 'odd' }, CIRCUMSTANCES),
  ...Object.fromEntries(
    [
      ['ann', 'session-1', 'ann'],
      ['ann2', 'session-2', 'ann'],
      ['bob', 'session-3', 'bob'],
    ].map(([value = '', id = '', identityId = '']) => {
      const { session, body } = checkedSession({ id, identityId });
      const answer = { kind: 'session', session, body, setCookies: [] } as const;
      return [value, toResolution({ ...answer, cacheForSeconds: undefined }, CIRCUMSTANCES)];
    }),
  ),
};

const COOKIE = { kind: 'cookie', cookieName: 's' } as const;
const TOKEN_COOKIE = { kind: 'cookie', cookieName: 't' } as const;
const HEADER = { kind: 'session-token-header' } as const;
const BEARER = { kind: 'bearer' } as const;

type Values = readonly [string, ...string[]];

function credentials(carrier: Carrier, ...[first, ...others]: Values): PresentedCredentials {
  const one = (value: string) => ({ carrier, value });
  return { kind: 'candidates', candidates: [one(first), ...others.map(one)] };
}

function tokens(
  carrier: TokenCredential['carrier'],
  ...[first, ...others]: Values
): PresentedCredentials {
  const one = (value: string) => ({ carrier, value });
  return { kind: 'tokens', candidates: [one(first), ...others.map(one)] };
}

const unusable = (
  carrier: Carrier,
  reason: Extract<PresentedCredentials, { kind: 'unusable' }>['reason'] = 'credential_malformed',
): PresentedCredentials => ({ kind: 'unusable', carrier, reason });

const cookies = (...values: Values) => credentials(COOKIE, ...values);

const HOST = authority('app.example.test');
const TERMS = { requirement: NO_REQUIREMENT, host: HOST, waitUntil: () => {} };

async function resolve(...presented: PresentedCredentials[]) {
  const asked: string[] = [];
  const ask =
    (prefix: string) =>
    async ({ value }: { readonly value: string }) => {
      asked.push(`${prefix}${value}`);
      return ANSWERS[value] ?? expect.fail(`no answer for ${value}`);
    };
  const resolvers = { sessions: { resolve: ask('') }, tokens: { resolve: ask('token ') } };
  const found = await resolveCredentials(presented, resolvers, TERMS);
  if (!found.ok) return expect.fail(found.failure);
  return { ...found.value, asked };
}

describe('resolveCredentials() with one credential', () => {
  it('makes no call without a credential', async () => {
    const { resolution, asked, tried, deadCookies } = await resolve();
    expect({ asked, tried, deadCookies }).toEqual({ asked: [], tried: [], deadCookies: [] });
    expect(resolution).toMatchObject({ outcome: 'not-signed-in', reason: 'credential_missing' });
  });

  it.each(['credential_malformed', 'credential_ambiguous', 'token_too_long'] as const)(
    'makes no call for a credential that is %s',
    async (reason) => {
      const { resolution, asked } = await resolve(unusable(BEARER, reason));
      expect(asked).toEqual([]);
      expect(resolution).toMatchObject({ outcome: 'not-signed-in', reason });
    },
  );

  it('returns its result, and which credential it was', async () => {
    for (const value of Object.keys(ANSWERS)) {
      const presentation = cookies(value);
      const { resolution, chosen, tried } = await resolve(presentation);
      expect(resolution).toBe(ANSWERS[value]);
      expect(chosen).toEqual(presentation);
      expect(tried).toEqual([presentation]);
    }
  });

  it('verifies tokens if issuers are configured', async () => {
    const { resolution, asked } = await resolve(tokens(BEARER, 'ann'));
    expect(resolution).toBe(ANSWERS.ann);
    expect(asked).toEqual(['token ann']);
  });
});

describe('resolveCredentials() with several cookies of one name', () => {
  it.each<[Values, string]>([
    [['dead', 'ann'], 'ann'],
    [['ann', 'dead'], 'ann'],
    [['dead', 'dead2', 'bob'], 'bob'],
    [['ann', 'ann2'], 'ann'],
    [['ann2', 'ann', 'dead'], 'ann2'],
    [['dead', 'dead2'], 'dead'],
    [['ann', 'doubt'], 'doubt'],
    [['doubt', 'dead'], 'doubt'],
    [['weak', 'doubt'], 'doubt'],
    [['weak', 'dead'], 'weak'],
  ])('of %j, %s wins', async (values, winner) => {
    for (const present of [cookies, (...all: Values) => tokens(TOKEN_COOKIE, ...all)]) {
      const { resolution, chosen, asked } = await resolve(present(...values));
      expect(resolution).toBe(ANSWERS[winner]);
      expect(chosen).toEqual(present(winner));
      const isGood = resolution.outcome === 'signed-in';
      const lookedUp = [...values, ...(isGood ? [winner] : [])];
      expect(asked.map((text) => text.replace('token ', ''))).toEqual(lookedUp);
    }
  });

  it.each<[Values]>([[['ann', 'bob']], [['bob', 'dead', 'ann']], [['ann', 'ann2', 'bob']]])(
    'refuses %j, valid for two people, clears no cookie and looks no further',
    async (values) => {
      const { resolution, chosen, deadCookies, asked } = await resolve(
        cookies(...values),
        credentials(BEARER, 'ann'),
      );
      expect(resolution).toMatchObject({
        outcome: 'not-signed-in',
        reason: 'credential_ambiguous',
      });
      expect([chosen, deadCookies, asked.length]).toEqual([undefined, [], values.length]);
    },
  );
});

describe('resolveCredentials() with one credential after another', () => {
  it.each<[string, PresentedCredentials[], string]>([
    ['a dead cookie', [cookies('dead'), credentials(BEARER, 'ann')], 'ann'],
    ['an impossible cookie', [unusable(COOKIE), credentials(BEARER, 'ann')], 'ann'],
    ['a dead header', [credentials(HEADER, 'dead'), cookies('ann')], 'ann'],
    ['an impossible header', [unusable(HEADER), cookies('ann')], 'ann'],
    [
      'dead header, dead cookie',
      [credentials(HEADER, 'dead'), cookies('dead2'), tokens(BEARER, 'bob')],
      'bob',
    ],
    ['a forged token cookie', [tokens(TOKEN_COOKIE, 'forged'), credentials(BEARER, 'ann')], 'ann'],
    ['a dead cookie before a token', [cookies('dead'), tokens(BEARER, 'ann')], 'ann'],
    ['three dead cookies', [cookies('dead', 'dead2', 'dead3'), credentials(BEARER, 'ann')], 'ann'],
    [
      'a dead cookie of another name',
      [cookies('dead'), credentials(TOKEN_COOKIE, 'ann', 'ann2')],
      'ann',
    ],
    [
      'too many cookies',
      [unusable(COOKIE, 'credential_ambiguous'), credentials(BEARER, 'ann')],
      'ann',
    ],
  ])('T13: tries the next after %s', async (_, presented, winner) => {
    const { resolution, chosen } = await resolve(...presented);
    expect(resolution).toBe(ANSWERS[winner]);
    expect(chosen?.candidates).toEqual([expect.objectContaining({ value: winner })]);
  });

  it.each(['ann', 'weak', 'doubt', 'odd'])('T13: ends with %s', async (value) => {
    for (const first of [credentials(HEADER, value), cookies(value), tokens(TOKEN_COOKIE, value)]) {
      const { resolution, asked, tried } = await resolve(first, credentials(BEARER, 'bob'));
      expect(resolution).toBe(ANSWERS[value]);
      expect([asked.length, tried]).toEqual([1, [first]]);
    }
  });

  it('T13: answers for the first that was looked up if all are refused', async () => {
    const all = [unusable(HEADER), cookies('dead'), tokens(BEARER, 'forged')];
    const { resolution, chosen, tried } = await resolve(...all);
    expect(resolution).toBe(ANSWERS.dead);
    expect(chosen).toEqual(all[1]);
    expect(tried).toEqual(all.slice(1));
    const { resolution: token } = await resolve(unusable(COOKIE), tokens(BEARER, 'forged'));
    expect(token).toBe(ANSWERS.forged);
    const none = await resolve(unusable(COOKIE), unusable(BEARER, 'token_too_long'));
    expect(none.resolution).toMatchObject({ reason: 'credential_malformed' });
    for (const [reason, mayClearCookie] of [
      ['credential_malformed', true],
      ['token_too_long', true],
      ['credential_ambiguous', false], // one of the cookies may be valid
    ] as const) {
      const { resolution } = await resolve(unusable(COOKIE, reason));
      expect(resolution).toMatchObject({ reason, mayClearCookie });
    }
    expect((await resolve()).resolution).toMatchObject({ mayClearCookie: false });
  });

  it('T13: lists the dead cookies: the refused ones, and no cookie that may be valid', async () => {
    const names = async (...presented: PresentedCredentials[]) =>
      (await resolve(...presented)).deadCookies;
    expect(await names(cookies('dead', 'dead2'), tokens(TOKEN_COOKIE, 'forged'))).toEqual([
      's',
      't',
    ]);
    expect(await names(unusable(COOKIE), credentials(BEARER, 'ann'))).toEqual(['s']);
    expect(await names(unusable(COOKIE, 'credential_ambiguous'))).toEqual([]);
    expect(await names(cookies('dead'), tokens(TOKEN_COOKIE, 'doubt'))).toEqual(['s']);
    expect(await names(cookies('weak'))).toEqual([]);
  });

  it('T15: lists a cookie as dead only if every cookie of its name is known to be dead', async () => {
    const kept: Resolution = { ...ANSWERS.forged, mayClearCookie: false } as Resolution; // a refusal
    const resolvers = {
      sessions: {
        resolve: async ({ value }: { readonly value: string }) =>
          value === 'kept' ? kept : (ANSWERS[value] ?? expect.fail('no answer')),
      },
      tokens: { resolve: () => expect.fail('no token') },
    };
    const all: Values[] = [['kept'], ['dead', 'kept']];
    for (const values of all)
      expect(await resolveCredentials([cookies(...values)], resolvers, TERMS)).toMatchObject({
        value: { resolution: { outcome: 'not-signed-in' }, deadCookies: [] },
      });
  });

  it('T2: refuses the request at a conflict, but not for a conflict behind a valid credential', async () => {
    const conflict = unusable(BEARER, 'credential_conflicting');
    const resolvers = {
      sessions: {
        resolve: async ({ value }: { readonly value: string }) =>
          ANSWERS[value] ?? expect.fail('no answer'),
      },
      tokens: { resolve: () => expect.fail('no token') },
    };
    for (const before of [unusable(COOKIE), cookies('dead')])
      expect(await resolveCredentials([before, conflict], resolvers, TERMS)).toMatchObject({
        failure: 'credential_conflicting',
      });
    expect((await resolve(cookies('ann'), conflict)).resolution).toBe(ANSWERS.ann);
  });

  it('T14: looks up at most four for one request, and skips a group that does not fit', async () => {
    const { resolution, asked, tried, deadCookies } = await resolve(
      credentials(HEADER, 'dead'),
      cookies('dead', 'dead2'),
      tokens(TOKEN_COOKIE, 'forged'),
      credentials(BEARER, 'ann'),
    );
    expect(asked).toEqual(['dead', 'dead', 'dead2', 'token forged']);
    expect([tried.length, deadCookies]).toEqual([3, ['s', 't']]);
    expect(resolution).toBe(ANSWERS.dead);
    const three = await resolve(credentials(HEADER, 'dead'), cookies('dead', 'dead2', 'ann'));
    expect([three.asked, three.deadCookies]).toEqual([['dead'], []]);
    const most = await resolve(cookies('dead', 'dead2', 'ann'), credentials(BEARER, 'bob'));
    expect(most.asked).toEqual(['dead', 'dead2', 'ann', 'ann']);
  });
});

import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../src/credentials/credential.ts';
import { nameCredential } from '../../src/credentials/credential-name.ts';
import { RefusalWaves } from '../../src/sessions/refusal-waves.ts';
import { type Question, Refusals } from '../../src/sessions/refusals.ts';
import type { DisplacedSession, RememberedRefusal } from '../../src/sessions/session-memory.ts';
import type { ReadinessFinding } from '../../src/sessions/store-readiness.ts';
import { checkedSession } from './checked-sessions.ts';
import { confirmedRefusal } from './confirmed-refusals.ts';

const T = 1_700_000_000_000;
const COOKIE: Carrier = { kind: 'cookie', cookieName: 's' };
const LIFETIMES = { freshSeconds: 30, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 300 };
const value = 'x'.repeat(32);
const name = await nameCredential({ carrier: COOKIE, value }, 'https://kratos.example.test');

/** A refusal that is remembered, and what is found of the store's readiness since. */
function setUp(
  finding: Partial<ReadinessFinding>,
  found: ReadinessFinding['readiness'] | undefined,
) {
  const world = {
    remembered: { ...confirmedRefusal('no', finding), checkedAt: T } as RememberedRefusal,
    questions: 0,
    hasFailed: false,
    displaced: undefined as DisplacedSession | undefined,
  };
  const refusals = new Refusals({
    memory: {
      readRefusal: () => world.remembered,
      readDisplaced: () => world.displaced,
      refuse: (_, refusal) => {
        world.remembered = refusal;
      },
    },
    readiness: {
      find: async () => {
        world.questions += 1;
        return found && { readiness: found, question: 9, sentAt: T };
      },
      hasFailedSince: () => world.hasFailed,
    },
    waves: new RefusalWaves({ lifetimes: LIFETIMES, report: () => {} }),
    now: () => T + 1000,
  });
  const recall = (carrier: Carrier, wantsProof: boolean) => {
    const requirement = { minCheckedAt: 0, onlyIfCached: false, wantsProof };
    const question: Question = {
      credential: { carrier, value },
      name,
      requirement,
      waitUntil: () => {},
    };
    return refusals.recall(question);
  };
  return { world, refusals, recall };
}

const UNPROVEN = { question: 1 };

describe('Refusals', () => {
  it('C26: confirms a refusal for a cookie that may be cleared, and caches the confirmation', async () => {
    const { world, recall } = setUp(UNPROVEN, 'ready');
    for (let turn = 0; turn < 2; turn += 1) {
      expect(await recall(COOKIE, true)).toMatchObject({
        outcome: 'not-signed-in',
        mayClearCookie: true,
        body: 'no',
        provenance: { ageSeconds: 1 },
      });
    }
    expect([world.questions, world.remembered.checkedAt]).toEqual([1, T]);
  });

  it.each<[string, Carrier, boolean]>([
    ['no cookie can be cleared', COOKIE, false],
    ['no cookie holds the credential', { kind: 'bearer' }, true],
  ])('C26: requests no confirmation if %s', async (_, carrier, wantsProof) => {
    const { world, recall } = setUp(UNPROVEN, 'ready');
    expect(await recall(carrier, wantsProof)).toMatchObject({ mayClearCookie: false });
    expect(world.questions).toBe(0);
  });

  it('C28: requests no confirmation from a store that publishes no readiness', async () => {
    const { world, recall } = setUp({ readiness: 'unpublished' }, 'ready');
    expect(await recall(COOKIE, true)).toMatchObject({ mayClearCookie: false });
    expect(world.questions).toBe(0);
  });

  it('C26: leaves a refusal unchanged if no confirmation is available', async () => {
    const { recall } = setUp(UNPROVEN, undefined);
    expect(await recall(COOKIE, true)).toMatchObject({
      outcome: 'not-signed-in',
      mayClearCookie: false,
    });
  });

  it('C25: becomes a fault if the store turns out not to be ready', async () => {
    const { recall } = setUp(UNPROVEN, 'not-ready');
    expect(await recall(COOKIE, true)).toMatchObject({
      outcome: 'unknown',
      provenance: { fault: 'store-not-ready' },
    });
  });

  it('C25: gives no refusal once the store has been found failing', async () => {
    const { world, recall } = setUp({}, 'ready');
    expect(await recall(COOKIE, true)).toBeDefined();
    world.hasFailed = true;
    expect(await recall(COOKIE, true)).toBeUndefined();
  });

  it.each([
    ['no session was known', undefined, true],
    ['a good session was refused 10 s before', T - 9000, false],
    ['a good session was refused more than 10 s before', T - 9001, true],
  ] as const)('decides about the cookie if %s', async (_, refusedAt, mayClearCookie) => {
    const { world, refusals, recall } = setUp({}, 'ready');
    if (refusedAt !== undefined) world.displaced = { checked: checkedSession(), refusedAt };
    const resolution = await recall(COOKIE, true);
    if (resolution === undefined) expect.fail('no resolution');
    expect(resolution).toMatchObject({ mayClearCookie: true });
    expect(refusals.keepCookieInDoubt(name, resolution)).toMatchObject({ mayClearCookie });
  });
});

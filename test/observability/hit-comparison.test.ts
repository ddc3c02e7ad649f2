import { describe, expect, it } from 'vitest';
import { compareHit, differentPlaces } from '../../src/observability/hit-comparison.ts';
import type { DataPoint } from '../../src/observability/metrics.ts';
import { noCounts } from '../../src/revocation/isolate-counts.ts';
import type { JsonObject } from '../../src/runtime/json.ts';
import type { OperatorEvent } from '../../src/runtime/report.ts';
import type { ComparedHit } from '../../src/sessions/sampled-hits.ts';
import { checkedSession } from '../sessions/checked-sessions.ts';
import { recording } from '../support/recording.ts';

/** A whoami answer that the real Kratos gave. */
const recorded = (name: string) => JSON.parse(recording(name).response.body) as JsonObject;
const EXPIRES_AT = 4_000_000;

/** Compares a hit, and returns all that was told of it. */
async function compared(
  { members = {}, ...hit }: Partial<ComparedHit> & { readonly members?: JsonObject },
  writeDataPoint?: (point: DataPoint) => void,
) {
  const counts = noCounts();
  const events: OperatorEvent[] = [];
  const points: DataPoint[] = [];
  const { session, body } = checkedSession({ expiresAt: EXPIRES_AT, members });
  await compareHit(
    {
      served: checkedSession({ expiresAt: EXPIRES_AT }),
      tier: 'memory',
      ageMs: 12_900,
      unseenMs: hit.ageMs ?? 12_900,
      isTold: false,
      askedAt: 50_000,
      answeredAt: 50_100,
      refresh: async () => {},
      changesKnownUntil: () => undefined,
      answer: { kind: 'session', session, body, setCookies: [], cacheForSeconds: undefined },
      isRevoked: () => false,
      ...hit,
    },
    {
      counts,
      promisedMs: 60_000,
      toldWithinMs: 20,
      dataset: { writeDataPoint: writeDataPoint ?? ((point) => void points.push(point)) },
      report: (event) => void events.push(event),
    },
  );
  const { same, changed, refused, overdue } = counts;
  return { counts: { same, changed, refused, overdue }, events, points };
}

const NONE = { same: 0, changed: 0, refused: 0, overdue: 0 };
const REFUSED: Pick<ComparedHit, 'answer'> = {
  answer: {
    kind: 'no-session',
    body: 'no',
    arrived: { at: 50_100, questions: 1 },
    finding: { readiness: 'ready', question: 2, sentAt: 50_100 },
  },
};

describe('two whoami answers of the real Kratos about one session', () => {
  it.each([
    ['whoami-token', 'whoami-bearer'],
    ['whoami-token', 'whoami-method-PUT'],
    ['whoami-cookie', 'whoami-quoted-cookie'],
    ['cors-off-get', 'dbback-whoami-token'],
  ])('are the same: %s and %s', (one, other) => {
    expect(differentPlaces(recorded(one), recorded(other))).toEqual([]);
  });

  it('differ in what a refresh of the sign-in changed', () => {
    expect(differentPlaces(recorded('whoami-token'), recorded('whoami-after-refresh'))).toEqual([
      'authenticated_at',
      'authentication_methods',
      'expires_at',
    ]);
  });

  it('differ in what a settings flow changed, and not in the time of that write', () => {
    const places = differentPlaces(recorded('whoami-after-refresh'), recorded('cors-off-get'));
    expect(places).toEqual([
      'authenticated_at',
      'identity.traits',
      'identity.verifiable_addresses',
    ]);
  });

  it('are the same if the database gave members and devices in another order', () => {
    const { devices, ...others } = recorded('whoami-token');
    const phone = { id: 'a', user_agent: 'phone' };
    const laptop = { id: 'b', user_agent: 'laptop' };
    const turned = Object.fromEntries(Object.entries(others).reverse());
    const one = { ...others, devices: [phone, laptop] };
    expect(differentPlaces(one, { ...turned, devices: [laptop, phone] })).toEqual([]);
    expect(differentPlaces(one, { ...turned, devices: [laptop] })).toEqual(['devices']);
    expect(devices).toBeDefined();
  });

  it('are the same if an address was only written again', () => {
    const { identity, ...others } = recorded('whoami-token');
    const { verifiable_addresses: addresses, ...of } = identity as JsonObject; // as recorded
    const [address] = addresses as JsonObject[]; // as recorded
    const withAddress = (changed: JsonObject) => ({
      ...others,
      identity: { ...of, verifiable_addresses: [{ ...address, ...changed }] },
    });
    const one = recorded('whoami-token');
    expect(differentPlaces(one, withAddress({ updated_at: '2026-11-27T10:00:00Z' }))).toEqual([]);
    expect(differentPlaces(one, withAddress({ verified: false }))).toEqual([
      'identity.verifiable_addresses',
    ]);
  });

  it('differ if a list of the person is in another order', () => {
    const listed = (languages: string[]) => ({ identity: { id: 'i', traits: { languages } } });
    expect(differentPlaces(listed(['en', 'de']), listed(['de', 'en']))).toEqual([
      'identity.traits',
    ]);
  });
});

describe('compareHit()', () => {
  it('counts an answer that the store repeats', async () => {
    const { counts, events, points } = await compared({});
    expect([counts, events]).toEqual([{ ...NONE, same: 1 }, []]);
    expect(points).toEqual([
      {
        indexes: ['comparison'],
        blobs: ['comparison', 'same', 'in-time', '', 'memory', 'untold'],
        doubles: [0, 12_900, 12, -1],
      },
    ]);
  });

  it('counts a changed document by the places that differ, and never by a value', async () => {
    const members = { identity: { id: 'identity-1', traits: { email: 'canary@example.com' } } };
    const { counts, events, points } = await compared({ members });
    expect([counts, events]).toEqual([{ ...NONE, changed: 1 }, []]);
    expect(points[0]?.blobs.slice(1, 4)).toEqual(['changed', 'in-time', 'identity.traits']);
    expect(JSON.stringify(points)).not.toContain('canary');
  });

  it('counts a session that the store refuses', async () => {
    const { counts, events } = await compared(REFUSED);
    expect([counts, events]).toEqual([{ ...NONE, refused: 1 }, []]);
    const insufficient = await compared({ answer: { kind: 'insufficient', body: '' } });
    expect(insufficient.counts).toEqual({ ...NONE, refused: 1 });
  });

  it('reports an answer that was wrong for longer than promised', async () => {
    const { counts, events, points } = await compared({ ...REFUSED, ageMs: 60_000 });
    expect(counts).toEqual({ ...NONE, refused: 1, overdue: 1 });
    expect(events).toEqual([
      {
        event: 'cached-answer-overdue',
        result: 'refused',
        tier: 'memory',
        ageSeconds: 60,
        told: 'untold',
        differsAt: '',
      },
    ]);
    expect(points[0]?.blobs[2]).toBe('overdue');
  });

  it('does not report an old answer that is right, or that a mark has revoked meanwhile', async () => {
    const right = await compared({ ageMs: 600_000 });
    expect([right.counts, right.events]).toEqual([{ ...NONE, same: 1 }, []]);
    const revoked = await compared({ ...REFUSED, ageMs: 600_000, isRevoked: () => true });
    expect([revoked.counts, revoked.events]).toEqual([{ ...NONE, refused: 1 }, []]);
  });

  describe('if the store tells of its changes', () => {
    /** A hit of ten minutes that was right until two seconds before, as far as the channel knows. */
    const told = { ...REFUSED, isTold: true, ageMs: 600_000, unseenMs: 2000 };
    const overdueOf = async (hit: Partial<ComparedHit>) =>
      (await compared({ ...told, ...hit })).counts;

    it('an answer that a mark revokes some seconds later was wrong no longer than promised', async () => {
      let hasMark = false;
      const refresh = async () => {
        hasMark = true;
      };
      expect(await overdueOf({ refresh, isRevoked: () => hasMark })).toEqual({
        ...NONE,
        refused: 1,
      });
    });

    it('an answer was wrong for too long if the channel knows all changes and missed this one', async () => {
      let knownUntil = 50_050;
      const refresh = async () => {
        knownUntil = 50_100;
      };
      const changesKnownUntil = () => knownUntil;
      const { counts, events, points } = await compared({ ...told, refresh, changesKnownUntil });
      expect(counts).toEqual({ ...NONE, refused: 1, overdue: 1 });
      expect(events).toEqual([expect.objectContaining({ ageSeconds: 600, told: 'told' })]);
      expect([points[0]?.blobs.at(-1), points[0]?.doubles[1]]).toEqual(['told', 2000]);
    });

    it('an answer was in time if the channel is silent since then, and its last word is young', async () => {
      const changesKnownUntil = () => 50_050;
      expect(await overdueOf({ changesKnownUntil })).toEqual({ ...NONE, refused: 1 });
      expect(await overdueOf({ changesKnownUntil, unseenMs: 60_000 })).toMatchObject({
        overdue: 1,
      });
      expect(await overdueOf({ changesKnownUntil: () => undefined })).toMatchObject({ overdue: 0 });
    });

    it('an answer that is right does not wait', async () => {
      const refresh = () => expect.fail('not to be called');
      const { session, body } = checkedSession({ expiresAt: EXPIRES_AT });
      const answer = {
        kind: 'session',
        session,
        body,
        setCookies: [],
        cacheForSeconds: undefined,
      } as const;
      expect(await overdueOf({ answer, refresh })).toEqual({ ...NONE, same: 1 });
    });
  });

  it('counts nothing if the store failed, or if the session has expired since', async () => {
    const fault = {
      kind: 'fault',
      scope: 'store',
      detail: 'store-503',
      retryAfterSeconds: 1,
    } as const;
    for (const hit of [{ answer: fault }, { ...REFUSED, askedAt: EXPIRES_AT }]) {
      const { counts, events, points } = await compared(hit);
      expect([counts, events, points]).toEqual([NONE, [], []]);
    }
  });

  it('survives a dataset that takes no point', async () => {
    const { counts } = await compared({}, () => {
      throw new TypeError('no dataset');
    });
    expect(counts).toEqual({ ...NONE, same: 1 });
  });
});

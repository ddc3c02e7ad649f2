import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/outbox/channel.ts';
import { type OutboxDatabase, OutboxReader } from '../../src/outbox/outbox-reader.ts';
import { MAX_ROWS } from '../../src/outbox/poll-statement.ts';
import { COUNTING_TRIGGERS, WATCHING_TRIGGERS } from '../../src/outbox/watched-tables.ts';
import { RecordedLog } from './world/recorded-log.ts';

const TRIGGERS = [...WATCHING_TRIGGERS, ...COUNTING_TRIGGERS].map(({ table, name }) => [
  table,
  name,
  'A',
  '1.1',
]);

/** A database of which a test says the rows. It counts what is removed, as the triggers do. */
function fakeDatabase() {
  const world = {
    rows: 0,
    removed: 5,
    polls: 0,
    now: 1000,
    facts: {} as Record<string, unknown>,
    isDown: false,
  };
  const database: OutboxDatabase = {
    async poll([ids, poll]) {
      world.polls += 1;
      world.now += 400;
      if (world.isDown) throw Object.assign(new Error('at db.example.test'), { code: '57P03' });
      const removedNow = ids === '{}' ? 0 : ids.split(',').length;
      const facts = { poll, removedBefore: world.removed, removedNow, triggers: TRIGGERS };
      world.removed += removedNow;
      const first = {
        id: '0',
        kind: 'removed',
        facts: JSON.stringify({ ...facts, ...world.facts }),
      };
      const rows = Array.from({ length: Math.min(world.rows, MAX_ROWS) }, (_, index) => ({
        id: String(world.polls * MAX_ROWS + index + 1),
        kind: 'session_changed',
        session_id: `s${index}`,
      }));
      return [first, ...rows];
    },
    drop: () => {},
  };
  return { world, database };
}

function open() {
  const { world, database } = fakeDatabase();
  const log = new RecordedLog();
  const events: object[] = [];
  const reader = new OutboxReader({
    database,
    log,
    now: () => world.now,
    report: (event) => events.push(event),
  });
  return { world, log, events, reader };
}

describe('OutboxReader', () => {
  it('has no watermark of a reading that was cut off while polls were full', async () => {
    const { world, reader, log } = open();
    await reader.read();
    const provenAt = world.now - (reader.watermark()?.ageMs ?? 0);
    world.rows = MAX_ROWS + 1;
    await reader.read();
    expect(world.polls).toBeGreaterThan(5);
    expect(log.keys.size).toBe(MAX_ROWS);
    expect(world.now - (reader.watermark()?.ageMs ?? 0)).toBe(provenAt);
    world.rows = 1;
    await reader.read();
    expect(reader.watermark()?.ageMs).toBe(400);
  });

  it('stores how many rows were removed, also when none came', async () => {
    const { world, reader, log } = open();
    world.rows = 3;
    await reader.read();
    expect(log.readState()).toMatchObject({ leastRemoved: 5, mostRemoved: 8 });
    world.rows = 0;
    await reader.read();
    expect(log.readState()).toMatchObject({ leastRemoved: 8, mostRemoved: 8 });
  });

  it('reports a failure once in a minute, by its code alone', async () => {
    const { world, reader, events } = open();
    world.isDown = true;
    for (let second = 0; second < 58; second += 1) {
      await reader.read();
      world.now += 600;
    }
    expect(events).toEqual([{ event: 'outbox-failure', reason: '57P03' }]);
    for (let second = 0; second < 4; second += 1) {
      await reader.read();
      world.now += 600;
    }
    expect(events).toHaveLength(2);
  });

  it.each([{ removedBefore: 'x' }, { removedNow: null }, { poll: 'another' }])(
    'takes no answer for its own with %j',
    async (facts) => {
      const { world, reader, events } = open();
      world.facts = facts;
      await reader.read();
      expect([reader.watermark(), events]).toEqual([
        undefined,
        [{ event: 'outbox-failure', reason: 'Error' }],
      ]);
    },
  );
});

describe('Channel', () => {
  it('is broken by another server or timeline', () => {
    const channel = new Channel(undefined);
    const facts = { removedBefore: 1, removedNow: 0, outbox: 'o', missingTriggers: [] };
    channel.noteAnswer({ ...facts, database: 'one' }, 1000, 0);
    channel.noteProof(900);
    expect(channel.noteAnswer({ ...facts, database: 'one' }, 1500, 0)).toBeUndefined();
    expect(channel.noteAnswer({ ...facts, database: 'two' }, 2000, 0)).toMatch(/another one/);
    expect(channel.watermark(2000)).toEqual({ ageMs: 1100, unbrokenForMs: 0 });
  });
});

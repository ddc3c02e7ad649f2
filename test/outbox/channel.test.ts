import postgres from 'postgres';
import { afterAll, describe, expect, it } from 'vitest';
import { Channel } from '../../src/outbox/channel.ts';
import { openOutbox } from '../../src/outbox/kratos-outbox.ts';
import type { OutboxReader } from '../../src/outbox/outbox-reader.ts';
import { installSql, removeSql } from '../../src/outbox/outbox-sql.ts';
import { WATCHED_TABLES } from '../../src/outbox/watched-tables.ts';
import { addPeople, openKratosDatabase, READER_PASSWORD } from './world/kratos-tables.ts';
import { hasPostgres, startPostgres } from './world/postgres-server.ts';
import { RecordedLog } from './world/recorded-log.ts';

const PAUSE_MS = 20;
const isThere = hasPostgres();

describe('Channel', () => {
  const facts = {
    removedBefore: 10,
    removedNow: 0,
    database: 'd',
    outbox: 'o',
    missingTriggers: [],
  };

  it('is broken by a backup that lacks the rows of the last poll', () => {
    const channel = new Channel(undefined);
    channel.noteAnswer(facts, 1000, 0);
    expect(channel.noteAnswer(facts, 2000, 3)).toMatch(/removed/);
    expect(channel.stateWith(0)?.unbrokenSince).toBe(2000);
  });

  it('is unbroken if an earlier poll may have removed these rows', () => {
    const channel = new Channel(undefined);
    channel.noteAnswer(facts, 1000, 0);
    channel.noteSent(3);
    const next = { ...facts, removedBefore: 13 };
    expect(channel.noteAnswer(next, 2000, 3)).toBeUndefined();
    expect(channel.noteAnswer(next, 3000, 0)).toBeUndefined();
    expect(channel.noteAnswer({ ...facts, removedBefore: 17 }, 4000, 0)).toMatch(/removed/);
  });

  it('says nothing while the clock is behind the last proof', () => {
    const channel = new Channel(undefined);
    channel.noteAnswer(facts, 1000, 0);
    channel.noteProof(1000);
    expect(channel.watermark(1500)).toEqual({ ageMs: 500, unbrokenForMs: 500 });
    expect(channel.watermark(999)).toBeUndefined();
  });
});

/** Another Kratos in the same database, with the outbox installed for it too. */
const SECOND_SCHEMA = `CREATE SCHEMA second;
  ${WATCHED_TABLES.map(({ name }) => `CREATE TABLE second.${name} (LIKE public.${name});`).join('\n')}
  ${installSql('second').replace(/^(BEGIN|COMMIT);$/gm, '')}`;

describe.skipIf(!isThere)('the channel from Kratos’s tables to the log', async () => {
  if (!isThere) return;
  const server = await startPostgres();
  afterAll(() => server[Symbol.asyncDispose]());

  /** A database of its own with a reader that has read it twice, so that the channel is unbroken. */
  async function openChannel() {
    const database = await server.createDatabase();
    const sql = await openKratosDatabase(server.url('kratos', '', database));
    const log = new RecordedLog();
    const events: object[] = [];
    const url = server.url('postern_reader', READER_PASSWORD, database);
    const open = (password = url) =>
      openOutbox(password, {
        log,
        now: () => performance.now(),
        report: (event) => events.push(event),
      });
    const [person] = await addPeople(sql, 1);
    const reader = open();
    await reader.read();
    await pause();
    await reader.read();
    return {
      sql,
      log,
      events,
      open,
      reader,
      url,
      person: person ?? { sessionId: '', identityId: '' },
    };
  }

  const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

  /** Reads once more. Returns whether the channel has been unbroken since before that. */
  async function isUnbroken(reader: OutboxReader): Promise<boolean> {
    await pause();
    const before = performance.now();
    await reader.read();
    const { unbrokenForMs = -1 } = reader.watermark() ?? {};
    return performance.now() - unbrokenForMs < before;
  }

  it('control: is unbroken while nothing happens but changes', async () => {
    const { sql, reader, log, events, person } = await openChannel();
    for (let change = 0; change < 3; change += 1) {
      await sql`UPDATE identities SET traits = ${JSON.stringify({ change })} WHERE id = ${person.identityId}`;
      expect(await isUnbroken(reader)).toBe(true);
    }
    expect(log.keys).toContain(`i:${person.identityId}`);
    expect(reader.watermark()?.ageMs).toBeLessThan(1000);
    expect(events).toEqual([]);
  });

  const SQL_BREAKS: Readonly<Record<string, { breaks: string; mends?: string; problem: RegExp }>> =
    {
      'a disabled trigger': {
        breaks: 'ALTER TABLE sessions DISABLE TRIGGER postern_update',
        mends: 'ALTER TABLE sessions ENABLE ALWAYS TRIGGER postern_update',
        problem: /sessions\.postern_update/,
      },
      'a trigger that a replica would not fire': {
        breaks: 'ALTER TABLE sessions ENABLE TRIGGER postern_rows',
        mends: 'ALTER TABLE sessions ENABLE ALWAYS TRIGGER postern_rows',
        problem: /sessions\.postern_rows/,
      },
      'a dropped trigger': {
        breaks: 'DROP TRIGGER postern_truncate ON identities',
        mends: installSql('public'),
        problem: /identities\.postern_truncate/,
      },
      'a table that another one replaces': {
        breaks:
          'ALTER TABLE identity_recovery_addresses RENAME TO old; CREATE TABLE identity_recovery_addresses (LIKE old)',
        mends: installSql('public'),
        problem: /identity_recovery_addresses\.postern_rows/,
      },
      'a disabled trigger, while another schema has all of them': {
        breaks: `${SECOND_SCHEMA} ALTER TABLE sessions DISABLE TRIGGER postern_update`,
        mends: 'ALTER TABLE sessions ENABLE ALWAYS TRIGGER postern_update',
        problem: /sessions\.postern_update/,
      },
      'a table that another one replaces, while another schema has all of them': {
        breaks: `${SECOND_SCHEMA} ALTER TABLE sessions RENAME TO old; CREATE TABLE sessions (LIKE old)`,
        mends: installSql('public'),
        problem: /sessions\.postern_rows/,
      },
      'a trigger of the outbox that counts no more': {
        breaks: 'ALTER TABLE postern.outbox DISABLE TRIGGER postern_removed',
        mends: 'ALTER TABLE postern.outbox ENABLE ALWAYS TRIGGER postern_removed',
        problem: /outbox\.postern_removed/,
      },
    };

  it.each(Object.entries(SQL_BREAKS))(
    'has no watermark with %s',
    async (_, { breaks, mends = '', problem }) => {
      const { sql, reader, events } = await openChannel();
      await sql.unsafe(breaks).simple();
      await reader.read();
      expect(reader.watermark()).toBeUndefined();
      expect(events).toEqual([{ event: 'outbox-broken', problem: expect.stringMatching(problem) }]);
      await sql.begin((transaction) =>
        transaction.unsafe(mends.replace(/^(BEGIN|COMMIT);$/gm, '')).simple(),
      );
      expect(await isUnbroken(reader)).toBe(false);
      expect(await isUnbroken(reader)).toBe(true);
    },
  );

  const SILENT_BREAKS: Readonly<Record<string, { breaks: string; problem: RegExp }>> = {
    'a trigger that was disabled for a moment': {
      breaks:
        'ALTER TABLE sessions DISABLE TRIGGER postern_update; ALTER TABLE sessions ENABLE ALWAYS TRIGGER postern_update',
      problem: /triggers were changed/,
    },
    'a function that was replaced': {
      breaks:
        "CREATE OR REPLACE FUNCTION postern.note_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
      problem: /triggers were changed/,
    },
    'an installation that was made again': {
      breaks: 'REINSTALL',
      problem: /triggers were changed/,
    },
    'rows that somebody deleted': {
      breaks: 'DELETE FROM postern.outbox WHERE id > 0',
      problem: /removed .* by somebody else/,
    },
    'an outbox that somebody emptied with its counter': {
      breaks: 'DELETE FROM postern.outbox',
      problem: /removed .* by somebody else/,
    },
    'an outbox that somebody truncated': {
      breaks: 'TRUNCATE postern.outbox',
      problem: /removed .* by somebody else/,
    },
    'an outbox that was dropped and installed again': {
      breaks: 'NEW OUTBOX',
      problem: /changed|removed/,
    },
  };

  it.each(Object.entries(SILENT_BREAKS))('starts anew after %s', async (_, { breaks, problem }) => {
    const { sql, reader, events, person } = await openChannel();
    await sql`UPDATE identities SET state = 'inactive' WHERE id = ${person.identityId}`;
    const install = installSql('public').replace(/^(BEGIN|COMMIT);$/gm, '');
    const remove = removeSql('public').replace(/^(BEGIN|COMMIT);$|^DROP ROLE.*$/gm, '');
    const text = breaks
      .replace('REINSTALL', install)
      .replace('NEW OUTBOX', `${remove}\n${install}`);
    await sql.begin((transaction) => transaction.unsafe(text).simple());
    expect(await isUnbroken(reader)).toBe(false);
    expect(events).toEqual([{ event: 'outbox-broken', problem: expect.stringMatching(problem) }]);
    expect(await isUnbroken(reader)).toBe(true);
  });

  it('is broken for both of two readers', async () => {
    const { sql, log, events, reader, url, person } = await openChannel();
    const other = openOutbox(url, {
      log: new RecordedLog(),
      now: () => performance.now(),
      report: (event) => events.push(event),
    });
    await other.read();
    let unbroken = 0;
    for (let change = 0; change < 4; change += 1) {
      await sql`UPDATE identities SET traits = ${JSON.stringify({ change })} WHERE id = ${person.identityId}`;
      await other.read();
      await other.read();
      unbroken += (await isUnbroken(reader)) ? 1 : 0;
    }
    expect([unbroken, log.marks.length > 0]).toEqual([0, true]);
  });

  it('reads rows again after a crash between reading and removing, and is unbroken', async () => {
    const { sql, log, open, reader, person } = await openChannel();
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${person.sessionId}`;
    await reader.read();
    const before = log.marks.length;
    const next = open();
    expect(await isUnbroken(next)).toBe(true);
    expect(log.marks.length).toBeGreaterThan(before);
    expect(await isUnbroken(next)).toBe(true);
    const rows = await sql`SELECT id FROM postern.outbox WHERE id > 0`;
    expect(rows).toHaveLength(0);
  });

  it('has no watermark that includes a row whose mark could not be recorded', async () => {
    const { sql, log, reader, person } = await openChannel();
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${person.sessionId}`;
    const changedAt = performance.now();
    log.isDown = () => true;
    await reader.read();
    await pause();
    await reader.read();
    const provenAt = performance.now() - (reader.watermark()?.ageMs ?? 0);
    expect(provenAt).toBeLessThan(changedAt);
    log.isDown = () => false;
    expect(await isUnbroken(reader)).toBe(true);
    expect(log.keys).toContain(`s:${person.sessionId}`);
  });

  it('tells a wrong password and a missing right by their codes, and nothing else', async () => {
    const { sql, log, events, open, reader } = await openChannel();
    const wrong = open(server.url('postern_reader', 'wrong'));
    await wrong.read();
    expect([wrong.watermark(), events]).toEqual([
      undefined,
      [{ event: 'outbox-failure', reason: '28P01' }],
    ]);
    await sql.unsafe('REVOKE DELETE ON postern.outbox FROM postern_reader');
    await reader.read();
    expect(events.at(-1)).toEqual({ event: 'outbox-failure', reason: '42501' });
    expect(JSON.stringify(events)).not.toMatch(/wrong|127\.0\.0\.1/);
    expect(log.marks.length).toBeGreaterThan(0);
  });

  it('lets the reader read and delete the outbox, and nothing else', async () => {
    const { url } = await openChannel();
    const reader = postgres(url, { max: 1 });
    const denied = [
      'SELECT * FROM sessions',
      'SELECT * FROM identities',
      'DELETE FROM sessions',
      "INSERT INTO postern.outbox (kind) VALUES ('everything')",
      "UPDATE postern.outbox SET kind = 'everything'",
      'TRUNCATE postern.outbox',
      'DROP TABLE postern.outbox',
      'CREATE TABLE postern.other ()',
    ];
    for (const statement of denied) {
      await expect(reader.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
    }
    await reader.end();
  });

  it('lets Kratos go on when the outbox is gone', async () => {
    const { sql, reader, events, person } = await openChannel();
    await sql.unsafe('DROP TABLE postern.outbox CASCADE');
    await sql`UPDATE sessions SET active = FALSE WHERE id = ${person.sessionId}`;
    await sql`DELETE FROM identities WHERE id = ${person.identityId}`;
    await reader.read();
    expect(events).toEqual([{ event: 'outbox-failure', reason: '42P01' }]);
  });

  it('lets Kratos’s migrations change and drop every column', async () => {
    const { sql } = await openChannel();
    await sql.unsafe('ALTER TABLE sessions ALTER COLUMN token TYPE varchar(64)');
    await sql.unsafe('ALTER TABLE sessions ALTER COLUMN expires_at TYPE timestamptz');
    await sql.unsafe('ALTER TABLE identities DROP COLUMN external_id');
    await sql.unsafe('ALTER TABLE sessions RENAME COLUMN active TO is_active');
    await sql.unsafe('UPDATE sessions SET is_active = FALSE');
    await sql.unsafe('DELETE FROM identities');
    const [row] =
      await sql`SELECT count(*)::int AS count FROM pg_trigger WHERE tgname LIKE 'postern%'`;
    expect(row?.count).toBe(17);
  });

  it('takes a flood in several polls of 10,000 rows', async () => {
    const { sql, log, reader } = await openChannel();
    const people = await addPeople(sql, 4000);
    expect(people).toHaveLength(4000);
    await reader.read();
    await reader.read();
    expect(log.keys.size).toBeGreaterThan(4000);
    expect(reader.watermark()?.ageMs).toBeLessThan(1000);
  });
});

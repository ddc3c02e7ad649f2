import { expect, it, vi } from 'vitest';
import type { LogStorage } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from '../revocation/world/sqlite-storage.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(context: unknown) {
      this.ctx = context;
    }
  },
}));

const { RevocationLog } = await import('../../src/app/deployed-revocation-log.ts');

const DATABASE = { connectionString: 'postgres://postern_reader@db.example.test/kratos' };

/** Whether a log with these bindings reads an outbox: it then sets an alarm when it is read. */
function readsOutbox(environment: object): boolean {
  const storage = sqliteStorage() as LogStorage & Record<string, unknown>;
  const setAlarm = vi.fn(async () => {});
  storage.setAlarm = setAlarm;
  // The parts of the platform's context that the log uses.
  const context = { storage, waitUntil: () => {} } as unknown as DurableObjectState;
  new RevocationLog(context, environment).read(0);
  return setAlarm.mock.calls.length > 0;
}

it.each<[object, boolean]>([
  [{}, false],
  [{ KRATOS_DB: DATABASE }, true],
  [{ POSTERN_KRATOS_DB: DATABASE }, true],
  [{ KRATOS_DB_URL: 'postgres://db.example.test/kratos' }, false],
  [{ POSTERN_KRATOS_DB: 'postgres://db.example.test/kratos' }, false],
  // One of them may be the site's own, and its changes say nothing about the sessions that the gate caches.
  [{ KRATOS_DB: DATABASE, POSTERN_KRATOS_DB: DATABASE }, false],
])('the log reads an outbox only with a binding of its name: %j', (environment, expected) => {
  expect(readsOutbox(environment)).toBe(expected);
});

it('says which bindings it cannot choose between, and nothing of their databases', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  readsOutbox({ OLD_KRATOS_DB: DATABASE, KRATOS_DB: DATABASE });
  const lines = log.mock.calls.flat().join();
  expect(lines).toContain('"event":"outbox-failure"');
  expect(lines).toContain('OLD_KRATOS_DB, KRATOS_DB');
  expect(lines).not.toContain('postgres://');
  log.mockRestore();
});

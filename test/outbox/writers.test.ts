import { afterAll, describe, expect, it } from 'vitest';
import { type Breakage, loadBroken } from '../revocation/world/broken-build.ts';
import { hasPostgres, startPostgres } from './world/postgres-server.ts';
import { runWriters } from './world/writers.ts';

const MODULE = 'src/outbox/kratos-outbox.ts';
const READER = 'src/outbox/outbox-reader.ts';
const STATEMENT = 'src/outbox/poll-statement.ts';

/** `WRITER_CHANGES=20000` makes as many as docs/outbox.md says. */
const CHANGES = Number(process.env.WRITER_CHANGES ?? 2000);
const WRITERS = 50;

const TAKE_ALL = 'NOT EXISTS (SELECT FROM recorded r WHERE r.id = o.id)';
const REMEMBER = 'this.#recorded = rows.map(({ id }) => id);';
const FORGET = 'this.#recorded = [];\n';

/** Readers that look right. */
const BROKEN: Readonly<
  Record<string, { breakages: readonly Breakage[]; fault: 'missed' | 'liedPolls' }>
> = {
  'with a cursor on the number': {
    fault: 'missed',
    breakages: [
      {
        file: STATEMENT,
        from: TAKE_ALL,
        to: '(o.id = 0 OR o.id > coalesce((SELECT id FROM recorded), 0))',
      },
      {
        file: STATEMENT,
        from: 'id IN (SELECT id FROM recorded)',
        to: 'id <= (SELECT id FROM recorded)',
      },
      {
        file: READER,
        from: REMEMBER,
        to: 'this.#recorded = rows.slice(-1).map(({ id }) => id).concat(this.#recorded).slice(0, 1);',
      },
      { file: READER, from: FORGET, to: '\n' },
    ],
  },
  'with a cursor on xmin': {
    fault: 'liedPolls',
    breakages: [
      {
        file: STATEMENT,
        from: TAKE_ALL,
        to: `${TAKE_ALL} AND (o.id = 0 OR o.xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)`,
      },
    ],
  },
  'that removes rows before it records them': {
    fault: 'missed',
    breakages: [{ file: READER, from: FORGET, to: `${REMEMBER}\n` }],
  },
  'whose watermark is the arrival of the answer': {
    fault: 'liedPolls',
    breakages: [
      { file: READER, from: 'channel.noteProof(sentAt)', to: 'channel.noteProof(now())' },
    ],
  },
};

const isThere = hasPostgres();

describe.skipIf(!isThere)('the outbox under many writers', async () => {
  if (!isThere) return;
  const server = await startPostgres();
  afterAll(() => server[Symbol.asyncDispose]());

  it('has every committed change, no rolled-back one, and a watermark that is true', async () => {
    const { openOutbox } = await import('../../src/outbox/kratos-outbox.ts');
    const run = await runWriters({
      server,
      open: openOutbox,
      changes: CHANGES,
      writers: WRITERS,
      crashShare: 0.05,
    });
    console.log(JSON.stringify(run));
    expect(run).toMatchObject({ missed: 0, invented: 0, liedPolls: 0 });
    expect(run.committed).toBeGreaterThan(CHANGES * 0.7);
    expect(run.polls).toBeGreaterThan(10);
  }, 300_000);

  it.each(Object.entries(BROKEN))(
    'breaks with a reader %s',
    async (_, { breakages, fault }) => {
      const { openOutbox } = await loadBroken<typeof import('../../src/outbox/kratos-outbox.ts')>(
        MODULE,
        breakages,
      );
      const isCrashing = breakages.some(({ to }) => to.startsWith(REMEMBER));
      const run = await runWriters({
        server,
        open: openOutbox,
        changes: Math.min(CHANGES, 1000),
        writers: WRITERS,
        crashShare: isCrashing ? 0.2 : 0,
      });
      console.log(JSON.stringify(run));
      expect(run[fault]).toBeGreaterThan(0);
    },
    120_000,
  );
});

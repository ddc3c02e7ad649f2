/**
 * Prints the SQL of the outbox in Kratos's database (docs/outbox.md), for psql.
 *
 *   npm run -s outbox -- --print install|check|remove [--schema public]
 */
import { checkSql } from '../src/outbox/check-sql.ts';
import { installSql, removeSql } from '../src/outbox/outbox-sql.ts';
import { readCommandLine, refuseCall } from './command-line.ts';

const USAGE = 'usage: npm run -s outbox -- --print install|check|remove [--schema public]';

const SQL = new Map([
  ['install', installSql],
  ['check', checkSql],
  ['remove', removeSql],
]);

const { values } = readCommandLine(USAGE, {
  options: {
    print: { type: 'string' },
    schema: { type: 'string', default: 'public' },
  },
});
const write = SQL.get(values.print ?? '');
if (write === undefined) refuseCall(USAGE);
process.stdout.write(write(values.schema));

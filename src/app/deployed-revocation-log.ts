import { RevocationLog as LogObject } from '../revocation/revocation-log.ts';
import type { Report } from '../runtime/report.ts';
import { createOutboxSource, type DatabaseBinding } from './compose-outbox.ts';

/** The name of the binding. A Worker of the site's own may have given it a prefix (docs/hono.md). */
const NAME = /KRATOS_DB$/;

/** The revocation log of a deployment. It reads the outbox in Kratos's database, if that is bound. */
export class RevocationLog extends LogObject {
  constructor(context: DurableObjectState, environment: object) {
    const { storage } = context;
    const report = (event: object) => console.log(JSON.stringify(event));
    const database = findDatabase(environment, report);
    const dependencies = { storage, now: () => Date.now(), report };
    super(context, environment, database && createOutboxSource({ ...dependencies, database }));
  }
}

/**
 * Finds the only database of that name. The object does not know the prefix of its gate. Of several databases one may be of
 * another Kratos, whose outbox says nothing about the sessions that this gate caches, so none is read.
 */
function findDatabase(environment: object, report: Report): DatabaseBinding | undefined {
  const databases = Object.entries(environment).filter(isDatabase);
  if (databases.length <= 1) return databases[0]?.[1];
  const names = databases.map(([name]) => name).join(', ');
  const reason = `expected one binding whose name ends in KRATOS_DB, from which the log reads the outbox; got ${names}. Rename the others.`;
  report({ event: 'outbox-failure', reason });
  return undefined;
}

function isDatabase(entry: [string, unknown]): entry is [string, DatabaseBinding] {
  const [name, value] = entry;
  return NAME.test(name) && typeof value === 'object' && value !== null;
}

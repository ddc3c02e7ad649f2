import { RevocationLog as LogObject } from '../revocation/revocation-log.ts';
import { createOutboxSource, type DatabaseBinding } from './compose-outbox.ts';

/** The name of the binding. A Worker of the site's own may have given it a prefix (docs/hono.md). */
const NAME = /KRATOS_DB$/;

/** The revocation log of a deployment. It reads the outbox in Kratos's database, if that is bound. */
export class RevocationLog extends LogObject {
  constructor(context: DurableObjectState, environment: object) {
    const database = findDatabase(environment);
    const { storage } = context;
    const report = (event: object) => console.log(JSON.stringify(event));
    const dependencies = { storage, now: () => Date.now(), report };
    super(context, environment, database && createOutboxSource({ ...dependencies, database }));
  }
}

function findDatabase(environment: object): DatabaseBinding | undefined {
  const [, found] = Object.entries(environment).find(([name]) => NAME.test(name)) ?? [];
  // The platform makes the binding as wrangler.toml declares it.
  return found as DatabaseBinding | undefined;
}

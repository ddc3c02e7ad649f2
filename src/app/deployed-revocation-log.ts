import { RevocationLog as LogObject } from '../revocation/revocation-log.ts';
import { createOutboxSource, type DatabaseBinding } from './compose-outbox.ts';

/** The Worker's environment: its settings, and the bindings that the log's object uses. */
type Environment = Readonly<Record<string, unknown>> & { readonly KRATOS_DB?: DatabaseBinding };

/** The revocation log of a deployment. It reads the outbox in Kratos's database, if that is bound. */
export class RevocationLog extends LogObject {
  constructor(context: DurableObjectState, environment: Environment) {
    const dependencies = {
      database: environment.KRATOS_DB,
      storage: context.storage,
      now: () => Date.now(),
      report: (event: object) => console.log(JSON.stringify(event)),
    };
    super(context, environment, createOutboxSource(environment, dependencies));
  }
}

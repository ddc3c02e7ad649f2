import type { JsonObject } from '../runtime/json.ts';

/** The outcome of a condition. `failed` denies a request as `not-met` does, and the log names the cause. */
export type ConditionOutcome =
  | { readonly kind: 'met' }
  | { readonly kind: 'not-met' }
  /** `detail` contains text of the configuration, never of the session. */
  | { readonly kind: 'failed'; readonly detail: string };

/** A condition over the session, in the Common Expression Language (cel.dev), compiled once. */
export interface Condition {
  readonly source: string;
  evaluate(session: JsonObject): ConditionOutcome;
}

import type { JsonObject } from '../runtime/json.ts';

/** What a condition came to. `failed` denies as much as `not-met`, and says why in the log. */
export type ConditionOutcome =
  | { readonly kind: 'met' }
  | { readonly kind: 'not-met' }
  /** `detail` is made of the configuration's own text: never of the session. */
  | { readonly kind: 'failed'; readonly detail: string };

/** A condition over the session, in the Common Expression Language (cel.dev), compiled once. */
export interface Condition {
  readonly source: string;
  evaluate(session: JsonObject): ConditionOutcome;
}

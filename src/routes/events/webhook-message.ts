// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { Mark } from '../../revocation/mark.ts';

const MAX_NAMED = 100;
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(512));
const idList = v.pipe(v.array(id), v.maxLength(MAX_NAMED));
const ids = v.optional(idList, () => []);

const MESSAGE = v.strictObject({
  session_ids: ids,
  identity_ids: ids,
  /** External ids of the same identities; an empty list says that they have no external id. */
  external_ids: v.optional(idList),
  credential_ids: ids,
  tokens: v.optional(
    v.pipe(v.array(v.strictObject({ issuer: id, id })), v.maxLength(MAX_NAMED)),
    () => [],
  ),
  issuers: ids,
  everything: v.optional(v.boolean(), false),
  issued_before: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});

export interface WebhookMessage {
  readonly marks: readonly Mark[];
  /** Whether the sender gave the external ids of its identities, or said that they have no external id. */
  readonly hasEveryName: boolean;
}

/**
 * Reads a webhook's body as marks: earlier checks and tokens of the subjects that it names no longer count.
 *
 * @returns `undefined` for a body that is not exactly such a message, or that names no subject or too many
 */
export function readWebhookMessage(body: string): WebhookMessage | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), MESSAGE), body);
  if (!parsed.success) return undefined;
  const message = parsed.output;
  const { external_ids: externalIds, issued_before: timestamp } = message;
  const people = [...message.identity_ids, ...(externalIds ?? [])];
  const subjects: Mark['subject'][] = [
    ...message.session_ids.map((sessionId) => ({ kind: 'session', sessionId }) as const),
    ...people.map((identityId) => ({ kind: 'identity', identityId }) as const),
    ...message.credential_ids.map(
      (credentialName) => ({ kind: 'credential', credentialName }) as const,
    ),
    ...message.tokens.map(
      ({ issuer, id: tokenId }) => ({ kind: 'token', issuer, tokenId }) as const,
    ),
    ...message.issuers.map((issuer) => ({ kind: 'issuer', issuer }) as const),
    ...(message.everything ? [{ kind: 'everything' } as const] : []),
  ];
  if (subjects.length === 0 || subjects.length > MAX_NAMED) return undefined;
  const issuedBefore = timestamp === undefined ? undefined : Date.parse(timestamp);
  if (Number.isNaN(issuedBefore)) return undefined; // ISO 8601 allows an offset of hours alone; Date.parse does not
  const time = issuedBefore === undefined ? {} : { issuedBefore };
  const marks = subjects.map((subject) => ({ subject, isTentative: false, ...time }));
  return { marks, hasEveryName: externalIds !== undefined };
}

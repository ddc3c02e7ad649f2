// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { Mark } from '../../revocation/mark.ts';
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import type { EventProfile, VerifiedEvent } from './event-issuers.ts';
import { endOfSecond, marksFor } from './named-by-issuer.ts';
import { readSubject, type SubjectProblem } from './subject-identifier.ts';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type';
const SESSION_REVOKED = `${CAEP}/session-revoked`;
const CREDENTIAL_CHANGE = `${CAEP}/credential-change`;
/** Say that the stream works, or that it is paused; nobody's session is concerned. */
const ABOUT_THE_STREAM = [`${SSF}/verification`, `${SSF}/stream-updated`];

const CHANGE_TYPES = ['create', 'revoke', 'update', 'delete'];
const MAX_EVENTS = 8;
const anyJson = v.custom<JsonValue>(() => true);

const CLAIMS = v.object({
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  sub_id: v.optional(anyJson),
  events: v.pipe(
    v.record(v.string(), v.record(v.string(), anyJson)),
    v.check((events) => {
      const count = Object.keys(events).length;
      return count >= 1 && count <= MAX_EVENTS;
    }, 'at least one event'),
  ),
});

type EventClaims = v.InferOutput<typeof CLAIMS>;

/**
 * A security event token as the Shared Signals Framework profiles it (RFC 8417; SSF 1.0, "explicit typing", "`exp`",
 * "`sub`"): typed, and without what would make it pass for another token. Delivery is repeated until it is
 * acknowledged, so a token may be days old.
 */
export const EVENT_PROFILE: EventProfile<EventClaims> = {
  types: ['secevent+jwt'],
  required: ['iss', 'aud', 'iat', 'jti', 'events'],
  forbidden: ['exp', 'sub', 'nonce'],
  maxLifetimeSeconds: 7 * 86_400,
  claims: CLAIMS,
};

/** What events ask for, or why they cannot be acted upon. */
export type EventReading =
  | { readonly kind: 'marks'; readonly marks: readonly Mark[] }
  /** About the stream, or about what is no concern of ours: acknowledged (RFC 8417 section 2.2). */
  | { readonly kind: 'nothing-to-do'; readonly isAboutStream: boolean }
  | { readonly kind: 'problem'; readonly problem: SubjectProblem | 'event' };

/** Reads every event of a token as marks; one that cannot be read makes all of them be refused. */
export function readSecurityEvents(
  { claims, issuer }: VerifiedEvent<EventClaims>,
  issuedAt: number,
): EventReading {
  const marks: Mark[] = [];
  for (const [type, event] of Object.entries(claims.events)) {
    const isTentative = tentativeness(type, event);
    if (isTentative === 'not-ours') continue;
    if (isTentative === 'malformed') return { kind: 'problem', problem: 'event' };
    // Before it was final, CAEP had the subject inside the event.
    const named = readSubject(claims.sub_id ?? event.subject, issuer);
    if (typeof named === 'string') return { kind: 'problem', problem: named };
    const issuedBefore = isTentative ? undefined : endOfSecond(issuedAt);
    marks.push(...named.flatMap((subject) => marksFor(subject, { issuer, issuedBefore })));
  }
  if (marks.length > 0) return { kind: 'marks', marks };
  const isAboutStream = ABOUT_THE_STREAM.some((type) => Object.hasOwn(claims.events, type));
  return { kind: 'nothing-to-do', isAboutStream };
}

/** Whether an event only makes checks be made again, or denies tokens as well. */
function tentativeness(type: string, event: JsonObject): boolean | 'not-ours' | 'malformed' {
  if (!isTimestamp(event.event_timestamp)) return 'malformed';
  switch (type) {
    case SESSION_REVOKED:
      return false;
    case CREDENTIAL_CHANGE: {
      const { change_type: change, credential_type: credential } = event;
      if (typeof credential !== 'string' || typeof change !== 'string') return 'malformed';
      // A credential that was added takes nothing from the sessions there are.
      return CHANGE_TYPES.includes(change) ? change === 'create' : 'malformed';
    }
    default:
      return 'not-ours';
  }
}

function isTimestamp(value: JsonValue | undefined): boolean {
  return value === undefined || (typeof value === 'number' && value > 0);
}

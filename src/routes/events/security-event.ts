// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { Mark } from '../../revocation/mark.ts';
import { isObject, type JsonObject, type JsonValue } from '../../runtime/json.ts';
import type { EventProfile, VerifiedEvent } from './event-issuers.ts';
import { endOfSecond, marksFor } from './named-by-issuer.ts';
import { readSubject, type SubjectProblem } from './subject-identifier.ts';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type';
const SESSION_REVOKED = `${CAEP}/session-revoked`;
const CREDENTIAL_CHANGE = `${CAEP}/credential-change`;
/** Events which say that the stream works or that it is paused. They concern no session. */
const ABOUT_THE_STREAM = [`${SSF}/verification`, `${SSF}/stream-updated`];

const CHANGE_TYPES = ['create', 'revoke', 'update', 'delete'];
const MAX_EVENTS = 8;
const anyJson = v.custom<JsonValue>(() => true);

/** Events by type: an object, in which the payload of each event is an object (RFC 8417 section 2.2). */
const eventsByType = v.custom<Readonly<Record<string, JsonObject>>>((value) => {
  const events = value as JsonValue; // claims are parsed JSON
  return isObject(events) && Object.values(events).every(isObject);
});

const CLAIMS = v.object({
  jti: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  sub_id: v.optional(anyJson),
  events: v.pipe(
    eventsByType,
    v.check((events) => {
      const count = Object.keys(events).length;
      return count >= 1 && count <= MAX_EVENTS;
    }, 'at least one event'),
  ),
});

type EventClaims = v.InferOutput<typeof CLAIMS>;

/**
 * The checks of a security event token, as the Shared Signals Framework profiles it (RFC 8417; SSF 1.0, "explicit
 * typing", "`exp`", "`sub`"). The token has a type, and lacks the claims of other kinds of tokens. A sender repeats a
 * token until it is acknowledged, so a token may be days old.
 */
export const EVENT_PROFILE: EventProfile<EventClaims> = {
  types: ['secevent+jwt'],
  required: ['iss', 'aud', 'iat', 'jti', 'events'],
  forbidden: ['exp', 'sub', 'nonce'],
  maxLifetimeSeconds: 7 * 86_400,
  claims: CLAIMS,
};

/** The marks that events ask for, or the reason why there are no marks. */
export type EventReading =
  | { readonly kind: 'marks'; readonly marks: readonly Mark[] }
  /** Events about the stream, or of types that Postern does not use: acknowledged (RFC 8417 section 2.2). */
  | { readonly kind: 'nothing-to-do'; readonly isAboutStream: boolean }
  | { readonly kind: 'problem'; readonly problem: SubjectProblem | 'event' };

/** Reads every event of a token as marks. If one event cannot be read, the whole token is refused. */
export function readSecurityEvents(
  { claims, issuer }: VerifiedEvent<EventClaims>,
  issuedAt: number,
): EventReading {
  const marks: Mark[] = [];
  for (const [type, event] of Object.entries(claims.events)) {
    const isTentative = tentativeness(type, event);
    if (isTentative === 'not-ours') continue;
    if (isTentative === 'malformed') return { kind: 'problem', problem: 'event' };
    // Drafts of CAEP had the subject inside the event.
    const named = readSubject(claims.sub_id ?? event.subject, issuer);
    if (typeof named === 'string') return { kind: 'problem', problem: named };
    const issuedBefore = isTentative ? undefined : endOfSecond(issuedAt);
    marks.push(...named.flatMap((subject) => marksFor(subject, { issuer, issuedBefore })));
  }
  if (marks.length > 0) return { kind: 'marks', marks };
  const isAboutStream = ABOUT_THE_STREAM.some((type) => Object.hasOwn(claims.events, type));
  return { kind: 'nothing-to-do', isAboutStream };
}

/** Returns whether an event only has sessions checked again (`true`), or denies tokens as well (`false`). */
function tentativeness(type: string, event: JsonObject): boolean | 'not-ours' | 'malformed' {
  if (!isTimestamp(event.event_timestamp)) return 'malformed';
  switch (type) {
    case SESSION_REVOKED:
      return false;
    case CREDENTIAL_CHANGE: {
      const { change_type: change, credential_type: credential } = event;
      if (typeof credential !== 'string' || typeof change !== 'string') return 'malformed';
      // A new credential does not end the sessions that exist.
      return CHANGE_TYPES.includes(change) ? change === 'create' : 'malformed';
    }
    default:
      return 'not-ours';
  }
}

function isTimestamp(value: JsonValue | undefined): boolean {
  return value === undefined || (typeof value === 'number' && value > 0);
}

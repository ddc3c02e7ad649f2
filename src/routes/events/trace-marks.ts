// Pure: no I/O, no clock.
import { type Mark, type MarkSubject, oneMarkEach } from '../../revocation/mark.ts';
import { readUuid } from '../../session/uuid.ts';
import type { Span, SpanEvent } from './otlp-spans.ts';

/** Events of Kratos about one session (`x/events/events.go`). */
const OF_SESSION = new Set(['SessionRevoked', 'SessionChanged', 'SessionLifespanExtended']);
/**
 * Events about an identity. A sign-in, and a change of settings, may end the person's other sessions by a hook, of which
 * Kratos tells nothing.
 */
const OF_IDENTITY = new Set([
  'LoginSucceeded',
  'SettingsSucceeded',
  'RecoverySucceeded',
  'VerificationSucceeded',
  'IdentityUpdated',
  'IdentityDeleted',
]);

/** Requests of which Kratos tells no event. Their spans are named by method and route. */
const BY_PATH: Readonly<Record<string, { path: RegExp; kind: 'session' | 'identity' }>> = {
  'DELETE /sessions/{id}': { path: /^\/sessions\/([^/]+)$/, kind: 'session' },
  'DELETE /admin/sessions/{id}': { path: /^\/admin\/sessions\/([^/]+)$/, kind: 'session' },
  'DELETE /admin/identities/{id}/sessions': {
    path: /^\/admin\/identities\/([^/]+)\/sessions$/,
    kind: 'identity',
  },
};
/** This request names sessions in its body only. */
const BULK = 'POST /admin/sessions';
/** This request ends the other sessions of its caller, whom another span of the trace names. */
const OTHERS = 'DELETE /sessions';
const CHECKED = 'SessionChecked';

/** More marks than this become one mark of all sessions. */
const MAX_MARKS = 500;
const ALL_SESSIONS: Mark = { subject: { kind: 'everything' }, isTentative: true };

/**
 * Returns the marks of what Kratos's spans tell. All are tentative: a span may be of a request that changed nothing, such
 * as the deletion of a session that is not the caller's.
 */
export function marksOfSpans(spans: readonly Span[]): readonly Mark[] {
  const subjects = spans.flatMap((span) => [
    ...span.events.flatMap(subjectOfEvent),
    ...subjectsOfRequest(span, spans),
  ]);
  const marks = oneMarkEach(subjects.map((subject) => ({ subject, isTentative: true })));
  return marks.length > MAX_MARKS ? [ALL_SESSIONS] : marks;
}

function subjectOfEvent({ name, attributes }: SpanEvent): MarkSubject[] {
  const sessionId = readUuid(attributes.get('SessionID'));
  const identityId = readUuid(attributes.get('IdentityID'));
  if (OF_SESSION.has(name) && sessionId !== undefined) {
    return [{ kind: 'session', sessionId, ...(identityId !== undefined && { identityId }) }];
  }
  return OF_IDENTITY.has(name) && identityId !== undefined
    ? [{ kind: 'identity', identityId }]
    : [];
}

function subjectsOfRequest(span: Span, spans: readonly Span[]): MarkSubject[] {
  const { name, attributes } = span;
  if (name === BULK) return [ALL_SESSIONS.subject];
  if (name === OTHERS) return callersOf(span, spans);
  const named = Object.hasOwn(BY_PATH, name) ? BY_PATH[name] : undefined;
  const id = named && readUuid(named.path.exec(attributes.get('url.path') ?? '')?.[1]);
  if (named === undefined || id === undefined) return [];
  return named.kind === 'session'
    ? [{ kind: 'session', sessionId: id }]
    : [{ kind: 'identity', identityId: id }];
}

/** The identity whose session was checked in the same trace, if its span came in the same message. */
function callersOf({ traceId }: Span, spans: readonly Span[]): MarkSubject[] {
  return spans
    .filter((span) => span.traceId === traceId)
    .flatMap(({ events }) => events.filter(({ name }) => name === CHECKED))
    .flatMap(({ attributes }) => readUuid(attributes.get('IdentityID')) ?? [])
    .map((identityId) => ({ kind: 'identity', identityId }));
}

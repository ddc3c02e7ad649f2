// Pure: no I/O, no clock.
import { type Mark, type MarkSubject, oneMarkEach } from '../../revocation/mark.ts';
import { readUuid } from '../../session/uuid.ts';
import { type Span, type SpanEvent, TRACE_ID_BYTES } from './otlp-spans.ts';

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
/**
 * This request ends the other sessions of its caller, whom another span of the trace names. That span ends earlier, so it
 * comes in the same message or in an earlier one.
 */
const OTHERS = 'DELETE /sessions';
const CHECKED = 'SessionChecked';

/** More marks than this become one mark of all sessions. */
const MAX_MARKS = 500;
const ALL_SESSIONS: Mark = { subject: { kind: 'everything' }, isTentative: true };

/** The number of traces whose callers are remembered: some seconds of a busy Kratos. */
const MAX_TRACES = 10_000;

/** Remembers whose session was checked in each of the last traces. */
export class TraceCallers {
  readonly #identityIds = new Map<string, string>();

  note({ traceId, events }: Span): void {
    const checked = events.find(({ name }) => name === CHECKED);
    const identityId = readUuid(checked?.attributes.get('IdentityID'));
    if (identityId === undefined || traceId.length !== TRACE_ID_BYTES) return;
    this.#identityIds.set(traceId, identityId);
    if (this.#identityIds.size <= MAX_TRACES) return;
    const [oldest = ''] = this.#identityIds.keys();
    this.#identityIds.delete(oldest);
  }

  of({ traceId }: Span): string | undefined {
    return this.#identityIds.get(traceId);
  }
}

/**
 * Returns the marks of what Kratos's spans tell. All are tentative: a span may be of a request that changed nothing, such
 * as the deletion of a session that is not the caller's.
 */
export function marksOfSpans(spans: readonly Span[], callers: TraceCallers): readonly Mark[] {
  for (const span of spans) callers.note(span);
  const subjects = spans.flatMap((span) => [
    ...span.events.flatMap(subjectOfEvent),
    ...subjectsOfRequest(span, callers),
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

function subjectsOfRequest(span: Span, callers: TraceCallers): MarkSubject[] {
  const { name, attributes } = span;
  if (name === BULK) return [ALL_SESSIONS.subject];
  const caller = name === OTHERS ? callers.of(span) : undefined;
  if (caller !== undefined) return [{ kind: 'identity', identityId: caller }];
  const named = Object.hasOwn(BY_PATH, name) ? BY_PATH[name] : undefined;
  const id = named && readUuid(named.path.exec(attributes.get('url.path') ?? '')?.[1]);
  if (named === undefined || id === undefined) return [];
  return named.kind === 'session'
    ? [{ kind: 'session', sessionId: id }]
    : [{ kind: 'identity', identityId: id }];
}

import { wholeText } from '../../src/session/compact-text.ts';
import type { Session } from '../../src/session/session.ts';
import type { CheckedSession } from '../../src/sessions/resolution.ts';
import type { SharedSession } from '../../src/sessions/sealing.ts';

export interface CheckedSessionOptions {
  readonly id?: string;
  readonly identityId?: string;
  readonly expiresAt?: number;
  readonly checkedAt?: number;
  readonly cacheForSeconds?: number;
  /** Further members of the document. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** A whoami body as Kratos writes it, so far as Postern reads it. */
export function kratosBody({
  id = 'session-1',
  identityId = 'identity-1',
  expiresAt = 4_000_000_000_000,
  members = {},
}: CheckedSessionOptions = {}): string {
  const document = {
    id,
    active: true,
    expires_at: new Date(expiresAt).toISOString(),
    identity: { id: identityId },
    ...members,
  };
  return `${JSON.stringify(document)}\n`;
}

/** The issuer of the store's sessions. */
export const STORE_ISSUER = 'https://auth.example.test/';

/** A session as a store would have confirmed it. */
export function checkedSession(options: CheckedSessionOptions = {}): CheckedSession {
  const { id = 'session-1', identityId = 'identity-1', checkedAt = 0, cacheForSeconds } = options;
  const { expiresAt = 4_000_000_000_000 } = options;
  const body = kratosBody(options);
  const document = { ...JSON.parse(body), issuer: STORE_ISSUER };
  return {
    session: { id, identity: { id: identityId }, expiresAt, document },
    body,
    checkedAt,
    // As if the log's places were the times of checks: what was marked later is beyond them.
    logPosition: checkedAt,
    cacheForSeconds,
  };
}

/** Its values, for comparing: a session that was read from text makes its document on demand. */
export function plain({ id, identity, expiresAt, document }: Session): Session {
  return { id, identity, expiresAt, document };
}

/** A session as isolates share it after its first check. */
export function shared(checked: CheckedSession): SharedSession {
  return { checked, knownSince: checked.checkedAt, kvWrittenAt: undefined };
}

/** The same for a shared session. */
export function plainShared(known: SharedSession | undefined): SharedSession | undefined {
  if (known === undefined) return undefined;
  const { checked } = known;
  const body = wholeText(checked.body);
  return { ...known, checked: { ...checked, session: plain(checked.session), body } };
}

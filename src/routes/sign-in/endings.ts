import type { Credential } from '../../credentials/credential.ts';
import type { Reason } from '../../errors/reasons.ts';
import { readRetryAfterSeconds } from '../../http/retry-after.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import { isObject } from '../../runtime/json.ts';
import type { Report } from '../../runtime/report.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import type { OwnSessions } from '../../session-changes/own-sessions.ts';
import { ending } from '../../session-changes/session-change.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import type { SessionLookUp } from '../../sessions/resolve-credentials.ts';
import type { IssuerClient } from '../../sign-in/issuer-client.ts';
import type { OpenedSignIn, SealedSignIns } from '../../sign-in/sealed-sign-ins.ts';
import { openToken } from '../../tokens/compact-jws.ts';

/** The sign-in of browsers at an issuer, as far as its end needs it. */
export interface SignInEnd {
  readonly sealed: Pick<SealedSignIns, 'open'>;
  readonly client: Pick<IssuerClient, 'issuer' | 'revoke' | 'endSessionUrl'>;
  /** The name of the first cookie of a sign-in. */
  readonly cookieName: string;
}

/** The services that end the sessions of a request. */
export interface EndingOptions {
  readonly lookUp: SessionLookUp;
  readonly changes: Pick<ChangeMaker, 'make'>;
  /** Ends the session of a cookie at Kratos; `undefined` if Kratos is not configured. */
  readonly kratos: KratosLogout | undefined;
  /** `undefined` if Keycard's API is not configured. */
  readonly keycard: Pick<OwnSessions, 'list' | 'end'> | undefined;
  /** `undefined` if browsers sign in at no issuer. */
  readonly signIn: SignInEnd | undefined;
  readonly report: Report;
}

export interface KratosLogout {
  /** Logs out with Kratos's own logout, between the marks of a sign-out. */
  logOut(received: RouteRequest, credential: Credential): Promise<ApiAnswer>;
  /** Whether Kratos may be answering 401 only because its database fails. */
  mayBeFailing(waitUntil: WaitUntil): Promise<boolean>;
}

/** The reason why the sessions of a request could not be read or ended. */
export interface SignOutFailure {
  readonly reason: Reason;
  readonly retryAfterSeconds?: number | undefined;
}

/** The end of a session: the answer's headers that the browser needs. */
export interface Ended {
  readonly setCookies: readonly string[];
  /** The value of `Clear-Site-Data` that the store sent. */
  readonly clearSiteData?: string | undefined;
  /** Whether the browser may be signed in at the issuer still, which has a sign-out of its own. */
  readonly isAtIssuer?: boolean;
}

type Ending = Result<Ended, SignOutFailure>;

const DONE: Ended = Object.freeze({ setCookies: [] });

/** Ends a session of Kratos. A 401 of a healthy Kratos says that the session is over. */
export async function logOut(
  credential: Credential,
  received: RouteRequest,
  { kratos }: EndingOptions,
): Promise<Ending> {
  if (kratos === undefined) return success(DONE);
  const answer = await kratos.logOut(received, credential);
  if (!answer.ok) return failed({ reason: answer.failure });
  const { status, headers, body } = answer.value;
  await body?.cancel();
  if (status === 401 && !(await kratos.mayBeFailing(received.waitUntil))) return success(DONE);
  if (status < 300) {
    const clearSiteData = headers.get('clear-site-data') ?? undefined;
    return success({ setCookies: headers.getSetCookie(), clearSiteData });
  }
  const isDown = status === 401 || status === 429 || status >= 500;
  return failed({
    reason: isDown ? 'store_unavailable' : 'upstream_not_valid',
    retryAfterSeconds: readRetryAfterSeconds(headers),
  });
}

type SignedIn = Extract<Resolution, { outcome: 'signed-in' }>;

/** Ends the session of a token: at Keycard, if Keycard has it, and by marks. */
export async function endToken(
  resolution: SignedIn,
  value: string,
  received: RouteRequest,
  options: EndingOptions,
): Promise<Ending> {
  const carrier = { kind: 'bearer' } as const; // Keycard's API takes the token in this place
  const chosen = { kind: 'tokens', candidates: [{ carrier, value }] } as const;
  const atKeycard = await endAtKeycard({ ...received, chosen, resolution }, options);
  if (!atKeycard.ok) return atKeycard;
  return mark(subjectsOfToken(resolution, value), received, options);
}

/**
 * Ends a sign-in: its session at Keycard, its refresh token at the issuer (RFC 7009), and by marks. The marks alone end
 * it here, whatever the issuer answers.
 */
export async function endSignIn(
  signIn: OpenedSignIn,
  resolution: Resolution,
  received: RouteRequest,
  options: EndingOptions,
): Promise<Ending> {
  const { accessToken, refreshToken } = signIn;
  if (resolution.outcome === 'signed-in') {
    const ended = await endToken(resolution, accessToken, received, options);
    if (!ended.ok) return ended;
  }
  const marked = await mark(subjectsOfSignIn(signIn), received, options);
  if (!marked.ok) return marked;
  if (refreshToken !== undefined) {
    const revoked = revoke(refreshToken, received.waitUntil, options);
    received.waitUntil(revoked); // the issuer is told even if the client disconnects
    await revoked;
  }
  return success({ ...DONE, isAtIssuer: true });
}

async function revoke(
  refreshToken: string,
  waitUntil: WaitUntil,
  { signIn, report }: EndingOptions,
): Promise<void> {
  const revoked = await signIn?.client.revoke(refreshToken, waitUntil);
  if (signIn === undefined || revoked === undefined || revoked.ok) return;
  const { failure } = revoked;
  const detail = failure.kind === 'error' ? failure.code : failure.detail;
  report({ event: 'refresh-token-not-revoked', issuer: signIn.client.issuer, detail });
}

/**
 * Ends the token's session at Keycard, with all sessions derived from it. Keycard may know no such session, or may refuse
 * to end it for this person. Then the token's own end is all that there is: a person must be able to sign out.
 */
async function endAtKeycard(
  user: Parameters<OwnSessions['end']>[1],
  { keycard }: EndingOptions,
): Promise<Result<undefined, SignOutFailure>> {
  const { id } = user.resolution.session.document;
  if (keycard === undefined || typeof id !== 'string') return success(undefined);
  const listed = await keycard.list(user); // shows whether Keycard takes requests of this person at all
  return readKeycardAnswer(listed.ok ? await keycard.end(id, user) : listed.failure);
}

async function readKeycardAnswer(answer: ApiAnswer): Promise<Result<undefined, SignOutFailure>> {
  if (!answer.ok) {
    const isRefused = REFUSALS.includes(answer.failure);
    return isRefused ? success(undefined) : failed({ reason: answer.failure });
  }
  const { status, headers, body } = answer.value;
  await body?.cancel();
  if (status < 500 && !TEMPORARY.includes(status)) return success(undefined);
  const retryAfterSeconds = readRetryAfterSeconds(headers);
  return failed({ reason: 'store_unavailable', retryAfterSeconds });
}

/** Refusals to list or end a session that is not the person's at Keycard. */
const REFUSALS: readonly string[] = ['session_not_listed', 'body_not_valid'];
/** Refusals that pass: a time-out, and too many requests. */
const TEMPORARY = [408, 429];

/** Writes the marks of an end that no provider takes part in. */
async function mark(
  subjects: readonly MarkSubject[],
  { waitUntil }: RouteRequest,
  { changes }: EndingOptions,
): Promise<Ending> {
  const made = await changes.make(
    {
      intent: { kind: 'in-the-answer', needsLog: false }, // nothing is sent, so the marks need no first ones
      send: async () => success(new Response(null, { status: 204 })),
      conclude: async () => ending(subjects),
    },
    waitUntil,
  );
  return made.ok ? success(DONE) : failed({ reason: made.failure });
}

/**
 * Names the session of a verified token, and the token. Of a token with `act`, only the token itself is named: whoever
 * acts for a user does not end the user's session (RFC 8693 section 4.1).
 */
function subjectsOfToken({ session }: SignedIn, value: string): MarkSubject[] {
  const opened = openToken(value);
  const { iss: issuer, jti, act } = opened.ok ? opened.value.claims : {};
  const { id: sessionId, identity } = session;
  const identityId = identity.id;
  if (typeof issuer !== 'string') return [{ kind: 'session', sessionId, identityId }];
  const ofSession = { kind: 'session', sessionId, identityId, issuer } as const;
  if (typeof jti !== 'string' || jti === '') return [ofSession];
  const ofToken = { kind: 'token', issuer, tokenId: jti, identityId } as const;
  return isObject(act) ? [ofToken] : [ofSession, ofToken];
}

/** Names the sign-in, and the session and the token that it stands for. Other sign-ins of the person go on. */
function subjectsOfSignIn({ id, claims }: OpenedSignIn): MarkSubject[] {
  const { issuer, subject: identityId, sessionId, tokenId } = claims;
  return [
    { kind: 'session', sessionId: id, identityId, issuer },
    ...(sessionId === undefined
      ? []
      : [{ kind: 'session', sessionId, identityId, issuer } as const]),
    ...(tokenId === undefined ? [] : [{ kind: 'token', issuer, tokenId, identityId } as const]),
  ];
}

import type {
  Credential,
  PresentedCredentials,
  SignInCredential,
  TokenCredential,
} from '../../credentials/credential.ts';
import { partNames } from '../../credentials/split-cookie.ts';
import type { Authority } from '../../http/authority.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { accountName } from '../../session/account-name.ts';
import { NO_REQUIREMENT } from '../../sessions/freshness.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import {
  type Ended,
  type EndingOptions,
  endSignIn,
  endToken,
  logOut,
  type SignOutFailure,
} from './endings.ts';

/** One session that a cookie of the request presents, and the way to end it. */
export interface PresentedSession {
  /** A name that no page of another site knows. `undefined`: the session is over, and only an earlier try is completed. */
  readonly secretName: string | undefined;
  /** The account's name, for the person. */
  readonly account: string | undefined;
  end(): Promise<Result<Ended, SignOutFailure>>;
}

export interface Presented {
  readonly sessions: readonly PresentedSession[];
  /** Names of all cookies that may hold a credential. */
  readonly cookieNames: ReadonlySet<string>;
  /** Whether a header has a credential. Sign-out ends no session of a header: no browser sends it by itself. */
  readonly isInHeader: boolean;
}

/** What the sessions of a request are read with. */
export interface PresentedOptions extends EndingOptions {
  readonly hosts: Pick<SiteHosts, 'authorities'>;
}

/** The most sessions that one sign-out ends. Each of them takes calls of the store. */
export const MAX_SESSIONS = 16;

type Read = Result<PresentedSession, SignOutFailure>;

/**
 * Reads every session that the cookies of a request present: of Kratos, of a token, of a sign-in at an issuer. Fails if
 * the state of one of them cannot be found out, or if they are more than {@link MAX_SESSIONS}.
 */
export async function readPresented(
  received: RouteRequest,
  options: PresentedOptions,
): Promise<Result<Presented, SignOutFailure>> {
  const readers: (() => Promise<Read>)[] = [];
  const cookieNames = new Set<string>();
  let isInHeader = false;
  for (const presented of options.lookUp.readCredentials(received.request.headers)) {
    const name = cookieNameOf(presented);
    if (name === undefined) {
      isInHeader = true;
      continue;
    }
    const isSplit = name === options.signIn?.cookieName;
    for (const each of isSplit ? partNames(name) : [name]) cookieNames.add(each);
    readers.push(...readersOf(presented, received, options));
  }
  if (readers.length > MAX_SESSIONS) return failed({ reason: 'headers_too_large' });
  const sessions: PresentedSession[] = [];
  for (const read of readers) {
    const session = await read();
    if (!session.ok) return session;
    sessions.push(session.value);
  }
  return success({ sessions, cookieNames, isInHeader });
}

function cookieNameOf(presented: PresentedCredentials): string | undefined {
  const carrier =
    presented.kind === 'unusable' ? presented.carrier : presented.candidates[0].carrier;
  return carrier.kind === 'cookie' ? carrier.cookieName : undefined;
}

function readersOf(
  presented: PresentedCredentials,
  received: RouteRequest,
  options: PresentedOptions,
): (() => Promise<Read>)[] {
  switch (presented.kind) {
    case 'candidates':
      return presented.candidates.map((one) => () => readKratosSession(one, received, options));
    case 'tokens':
      return presented.candidates.map((one) => () => readToken(one, received, options));
    case 'sign-in':
      return presented.candidates.map((one) => () => readSignIn(one, received, options));
    case 'unusable':
      // Without a crowd, its form is that of no session.
      return presented.crowd === undefined ? [] : readersOf(presented.crowd, received, options);
  }
}

async function readKratosSession(
  credential: Credential,
  received: RouteRequest,
  options: PresentedOptions,
): Promise<Read> {
  const { sessions } = options.lookUp;
  const resolution = await sessions.resolve(credential, NO_REQUIREMENT, received.waitUntil);
  // A session that is over is ended too: an earlier try may have ended it without its marks.
  const end = () => logOut(credential, received, options);
  switch (resolution.outcome) {
    case 'signed-in': {
      const { session } = resolution;
      return success({ secretName: session.id, account: accountName(session), end });
    }
    case 'insufficient': // the store does not name the session at this level
      return success({ secretName: credential.value, account: undefined, end });
    case 'not-signed-in':
      return success({ secretName: undefined, account: undefined, end });
    default:
      return failed(failureOf(resolution));
  }
}

async function readToken(
  credential: TokenCredential,
  received: RouteRequest,
  options: PresentedOptions,
): Promise<Read> {
  const resolution = await resolveToken(credential.value, received, options);
  switch (resolution.outcome) {
    case 'signed-in': {
      const { session } = resolution;
      const end = () => endToken(resolution, credential.value, received, options);
      return success({ secretName: session.id, account: accountName(session), end });
    }
    case 'not-signed-in':
      return success(OVER);
    default:
      return failed(failureOf(resolution));
  }
}

/** A sign-in is known by its seal, even if its token has expired or cannot be verified now. */
async function readSignIn(
  credential: SignInCredential,
  received: RouteRequest,
  options: PresentedOptions,
): Promise<Read> {
  const signIn = await options.signIn?.sealed.open(credential, received.target.host);
  if (signIn === undefined) return success(OVER);
  const resolution = await resolveToken(signIn.accessToken, received, options);
  const session = resolution.outcome === 'signed-in' ? resolution.session : undefined;
  return success({
    secretName: signIn.id,
    account: session && accountName(session),
    end: () => endSignIn(signIn, resolution, received, options),
  });
}

const OVER: PresentedSession = Object.freeze({
  secretName: undefined,
  account: undefined,
  end: async () => success({ setCookies: [] }),
});

/**
 * Resolves a token at the host that is asked, or else at another host of the site, where alone it may be good: its cookie
 * is cleared there too.
 */
async function resolveToken(
  value: string,
  { target, waitUntil }: RouteRequest,
  { lookUp, hosts }: PresentedOptions,
): Promise<Resolution> {
  const resolveAt = (host: Authority) => lookUp.tokens.resolve({ value }, { host, waitUntil });
  const here = await resolveAt(target.host);
  if (!isForOtherHost(here)) return here;
  for (const host of hosts.authorities) {
    const there = await resolveAt(host);
    if (!isForOtherHost(there)) return there;
  }
  return here;
}

function isForOtherHost(resolution: Resolution): boolean {
  return resolution.outcome === 'not-signed-in' && resolution.reason === 'token_audience_mismatch';
}

function failureOf(resolution: Resolution): SignOutFailure {
  return resolution.outcome === 'unknown'
    ? { reason: resolution.reason, retryAfterSeconds: resolution.retryAfterSeconds }
    : { reason: 'store_unavailable' };
}

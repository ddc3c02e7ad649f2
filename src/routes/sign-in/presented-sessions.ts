import type {
  Credential,
  PresentedCredentials,
  SignInCredential,
  TokenCredential,
} from '../../credentials/credential.ts';
import { partNames } from '../../credentials/split-cookie.ts';
import type { RouteRequest } from '../../http/routes.ts';
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

type Read = Result<PresentedSession, SignOutFailure>;

/**
 * Reads every session that the cookies of a request present: of Kratos, of a token, of a sign-in at an issuer. Fails if
 * the state of one of them cannot be found out.
 */
export async function readPresented(
  received: RouteRequest,
  options: EndingOptions,
): Promise<Result<Presented, SignOutFailure>> {
  const sessions: PresentedSession[] = [];
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
    for (const read of readersOf(presented, received, options)) {
      const session = await read();
      if (!session.ok) return session;
      sessions.push(session.value);
    }
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
  options: EndingOptions,
): (() => Promise<Read>)[] {
  switch (presented.kind) {
    case 'candidates':
      return presented.candidates.map((one) => () => readKratosSession(one, received, options));
    case 'tokens':
      return presented.candidates.map((one) => () => readToken(one, received, options));
    case 'sign-in':
      return presented.candidates.map((one) => () => readSignIn(one, received, options));
    case 'unusable':
      return []; // its form is that of no session
  }
}

async function readKratosSession(
  credential: Credential,
  received: RouteRequest,
  options: EndingOptions,
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
  options: EndingOptions,
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
  options: EndingOptions,
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

function resolveToken(value: string, received: RouteRequest, { lookUp }: EndingOptions) {
  const { target, waitUntil } = received;
  return lookUp.tokens.resolve({ value }, { host: target.host, waitUntil });
}

function failureOf(resolution: Resolution): SignOutFailure {
  return resolution.outcome === 'unknown'
    ? { reason: resolution.reason, retryAfterSeconds: resolution.retryAfterSeconds }
    : { reason: 'store_unavailable' };
}

import type { Credential } from '../credentials/credential.ts';
import { bareValue } from '../http/cookies.ts';
import { parseObject } from '../providers/kratos/kratos-session.ts';

/** What a completed flow changes: who is signed in, this session, everything known of a person. */
export type FlowEffect = 'none' | 'logout' | 'session' | 'identity' | 'recovered-identity';

/** Whether the answer ends the session: Kratos takes the cookie away, an app hears 204. */
export function isSignedOut(response: Response, cookieNames: readonly string[]): boolean {
  if (response.status === 204) return true;
  return sessionCookies(response, cookieNames).some(({ isCleared }) => isCleared);
}

/** The session credential that an answer hands to a browser. */
export function issuedSessionCookie(
  response: Response,
  cookieNames: readonly string[],
): Credential | undefined {
  const issued = sessionCookies(response, cookieNames).find(({ isCleared }) => !isCleared);
  return (
    issued && {
      carrier: { kind: 'cookie', cookieName: issued.name },
      value: issued.value,
    }
  );
}

/** The session token that an answer hands to an app, at sign-in or in `continue_with`; the body stays readable. */
export async function readIssuedToken(response: Response): Promise<Credential | undefined> {
  // A document has been read whole and bounded before it came here; a page is still on its way.
  const isDocument = /\bjson\b/i.test(response.headers.get('content-type') ?? '');
  const document = isDocument ? parseObject(await response.clone().text()) : undefined;
  const signedIn = document?.session_token;
  if (typeof signedIn === 'string' && signedIn !== '') return asCredential(signedIn);
  const steps = Array.isArray(document?.continue_with) ? document.continue_with : [];
  for (const step of steps) {
    const isObject = typeof step === 'object' && step !== null && !Array.isArray(step);
    const token = isObject && 'ory_session_token' in step ? step.ory_session_token : undefined;
    if (typeof token === 'string' && token !== '') return asCredential(token);
  }
  return undefined;
}

function asCredential(value: string): Credential {
  return { carrier: { kind: 'session-token-header' }, value };
}

interface SessionCookie {
  readonly name: string;
  readonly value: string;
  /** Kratos takes a cookie away by its age; the value may be a good one to look at. */
  readonly isCleared: boolean;
}

function sessionCookies(response: Response, cookieNames: readonly string[]): SessionCookie[] {
  return response.headers.getSetCookie().flatMap((cookie) => {
    const [pair = '', ...attributes] = cookie.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = bareValue(pair.slice(equals + 1));
    const isOver = attributes.some((attribute) =>
      /^\s*max-age\s*=\s*(?:0|-\d+)\s*$/i.test(attribute),
    );
    return cookieNames.includes(name) ? [{ name, value, isCleared: value === '' || isOver }] : [];
  });
}

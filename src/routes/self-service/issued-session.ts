import type { Credential } from '../../credentials/credential.ts';
import { bareValue } from '../../http/cookies.ts';
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import { isObject, textOf } from '../../runtime/json.ts';
import { namesOf } from '../../session/identity-names.ts';
import type { CallerOptions } from '../../session-changes/caller.ts';
import {
  beginSettings,
  documentOf,
  type FlowReading,
  type FlowRequest,
  readFlow,
} from './flow-request.ts';

/** A session that an answer issues to its client. */
export interface IssuedSession {
  readonly credential: Credential | undefined;
  /** The answer's document, if it has one. */
  readonly document: JsonObject | undefined;
  readonly response: Response;
}

/** The identity of an issued session, by its names. */
export interface IssuedTo {
  readonly names: readonly string[];
  /** `undefined`: the store does not give the session's id at its assurance level. */
  readonly sessionId: string | undefined;
}

/** Returns whether the answer ends the session: Kratos clears a browser's cookie, and answers an app with 204. */
export function isSignedOut(response: Response, cookieNames: readonly string[]): boolean {
  if (response.status === 204) return true;
  return sessionCookies(response, cookieNames).some(({ isCleared }) => isCleared);
}

/** Reads the session that an answer issues: to a browser in a cookie, to an app in its document. */
export async function readIssuedSession(
  response: Response,
  { callers }: { readonly callers: Pick<CallerOptions, 'cookieNames'> },
): Promise<IssuedSession | undefined> {
  const document = await documentOf(response);
  const cookie = sessionCookies(response, callers.cookieNames).find(({ isCleared }) => !isCleared);
  const credential = cookie ? asCookie(cookie) : tokenIn(document);
  const isIssued = credential !== undefined || isObject(document?.session);
  return isIssued ? { credential, document, response } : undefined;
}

/**
 * Finds the identity of an issued session: in the answer or at whoami. If whoami does not name it at the session's
 * level, the settings flow that the answer leads to is read, or a new one.
 */
export async function findIssuedTo(
  issued: IssuedSession,
  flow: FlowRequest,
): Promise<IssuedTo | 'nobody' | 'fault'> {
  const { credential, document } = issued;
  const session = isObject(document?.session) ? document.session : {};
  const stated = namesOf(session.identity);
  if (stated.length > 0) return { names: stated, sessionId: textOf(session.id) };
  if (credential === undefined) return 'nobody';
  const checked = await flow.options.store.check(credential);
  if (checked.kind === 'session') {
    const { id, document: found } = checked.session;
    return { names: namesOf(found.identity), sessionId: id };
  }
  const names = await namesBySettings(credential, nextFlowsOf(issued), flow);
  if (names === undefined) return 'fault';
  if (names.length > 0) return { names, sessionId: undefined };
  return checked.kind === 'fault' ? 'fault' : 'nobody';
}

/**
 * Reads the names of a credential's identity from settings flows, of which a new one is the last.
 *
 * @returns an empty list when Kratos shows the credential no such flow; `undefined` when the store failed
 */
export async function namesBySettings(
  credential: Credential,
  flowIds: readonly string[],
  flow: FlowRequest,
): Promise<readonly string[] | undefined> {
  const readings: (() => Promise<FlowReading>)[] = [
    ...flowIds.map((id) => () => readFlow('settings', id, flow, credential)),
    () => beginSettings(flow, credential),
  ];
  let hasFailed = false;
  for (const read of readings) {
    const reading = await read();
    const names = reading.kind === 'document' ? namesOf(reading.document.identity) : [];
    if (names.length > 0) return names;
    hasFailed ||= reading.kind === 'fault';
  }
  return hasFailed ? undefined : [];
}

/** Finds the flows that an answer leads to: in `continue_with`, in the URL that a script is sent to, in `Location`. */
export function nextFlowsOf({
  document,
  response,
}: Pick<IssuedSession, 'document' | 'response'>): string[] {
  const steps = Array.isArray(document?.continue_with) ? document.continue_with : [];
  const inSteps = steps.map((step: JsonValue) =>
    isObject(step) && step.action === 'show_settings_ui' && isObject(step.flow)
      ? textOf(step.flow.id)
      : undefined,
  );
  const urls = [response.headers.get('location'), textOf(document?.redirect_browser_to)];
  const inUrls = urls.map((url) =>
    url == null ? undefined : (URL.parse(url)?.searchParams.get('flow') ?? undefined),
  );
  return [...inSteps, ...inUrls].filter((id) => id !== undefined);
}

function tokenIn(document: JsonObject | undefined): Credential | undefined {
  const signedIn = textOf(document?.session_token);
  if (signedIn !== undefined) return asToken(signedIn);
  const steps = Array.isArray(document?.continue_with) ? document.continue_with : [];
  const tokens = steps.map((step: JsonValue) =>
    isObject(step) ? textOf(step.ory_session_token) : undefined,
  );
  const token = tokens.find((value) => value !== undefined);
  return token === undefined ? undefined : asToken(token);
}

function asToken(value: string): Credential {
  return { carrier: { kind: 'session-token-header' }, value };
}

function asCookie({ name, value }: SessionCookie): Credential {
  return { carrier: { kind: 'cookie', cookieName: name }, value };
}

interface SessionCookie {
  readonly name: string;
  readonly value: string;
  /** Kratos clears a cookie by `Max-Age`. The value of a cleared cookie may still look like a credential. */
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

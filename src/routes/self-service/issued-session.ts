import type { Credential } from '../../credentials/credential.ts';
import { bareValue } from '../../http/cookies.ts';
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import { isObject } from '../../runtime/json.ts';
import { namesOf } from '../../session/identity-names.ts';
import {
  beginSettings,
  documentOf,
  type FlowReading,
  type FlowRequest,
  readFlow,
  type SelfServiceOptions,
} from './flow-request.ts';

/** A session that an answer hands to its client. */
export interface IssuedSession {
  readonly credential: Credential | undefined;
  /** The answer's document, if it has one. */
  readonly document: JsonObject | undefined;
  readonly response: Response;
}

/** Whose an issued session is, as far as that was found out. */
export interface IssuedTo {
  readonly names: readonly string[];
  /** `undefined`: the store does not say at this level. */
  readonly sessionId: string | undefined;
}

/** Whether the answer ends the session: Kratos takes the cookie away, an app hears 204. */
export function isSignedOut(response: Response, cookieNames: readonly string[]): boolean {
  if (response.status === 204) return true;
  return sessionCookies(response, cookieNames).some(({ isCleared }) => isCleared);
}

/** The session an answer hands to a browser in a cookie, or to an app in its document; `undefined` when it issues none. */
export async function readIssuedSession(
  response: Response,
  { cookieNames }: Pick<SelfServiceOptions, 'cookieNames'>,
): Promise<IssuedSession | undefined> {
  const document = await documentOf(response);
  const cookie = sessionCookies(response, cookieNames).find(({ isCleared }) => !isCleared);
  const credential = cookie ? asCookie(cookie) : tokenIn(document);
  const isIssued = credential !== undefined || isObject(document?.session);
  return isIssued ? { credential, document, response } : undefined;
}

/**
 * Finds out whose an issued session is: by the answer, by whoami, and, where whoami says nothing at the session's
 * level, by the settings flow that the answer leads to or by a new one.
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
  const names = await namesBySettings(credential, settingsFlowsOf(issued), flow);
  if (names === undefined) return 'fault';
  if (names.length > 0) return { names, sessionId: undefined };
  return checked.kind === 'fault' ? 'fault' : 'nobody';
}

/**
 * Names of the identity whose a credential is, by what settings flows say of it; none where they are not shown to it.
 * `undefined`: the store failed to say.
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

/** Flows that an answer leads to: in `continue_with`, in the URL a script is sent on to, in `Location`. */
function settingsFlowsOf({ document, response }: IssuedSession): string[] {
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

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

// No I/O, no clock.
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import { nameDevice } from './device-name.ts';
import type { TextKey, Texts } from './texts.ts';

/** A session, described for the person it belongs to. */
export interface SessionSummary {
  readonly id: string;
  readonly device: string;
  /** The place or else the IP address; `undefined` when the store has no record of them. */
  readonly place: string | undefined;
  /** `undefined` when the store does not say. */
  readonly signedInAt: Date | undefined;
  /** In the order in which they were used. */
  readonly methods: readonly string[];
}

/** Common words for Kratos's names of sign-in methods (`identity/credentials.go`). Other names are shown as they are. */
const METHODS: ReadonlyMap<string, TextKey> = new Map([
  ['password', 'methodPassword'],
  ['totp', 'methodTotp'],
  ['webauthn', 'methodSecurityKey'],
  ['passkey', 'methodPasskey'],
  ['lookup_secret', 'methodBackupCode'],
  ['code', 'methodOneTimeCode'],
  ['link_recovery', 'methodRecoveryLink'],
  ['code_recovery', 'methodRecoveryCode'],
  ['saml', 'methodSso'],
]);

/**
 * Describes a session from its document: Kratos's (`session/session.go`), or Keycard's (`Session` of
 * `types/zones/session.py` in `keycardai-api`), which has a `session_type`. Facts that it lacks are left out.
 */
export function describeSession(id: string, document: JsonObject, texts: Texts): SessionSummary {
  return document.session_type === undefined
    ? describeKratosSession(id, document, texts)
    : describeKeycardSession(id, document, texts);
}

function describeKeycardSession(id: string, document: JsonObject, texts: Texts): SessionSummary {
  const { application, application_id: applicationId, user_agent: agent } = document;
  const name = [application, agent].filter(isObject).map((shown) => textOf(shown.name));
  return {
    id,
    device: name.find((text) => text !== undefined) ?? textOf(applicationId) ?? texts.anApplication,
    place: undefined,
    signedInAt: timeOf(document.authenticated_at) ?? timeOf(document.created_at),
    methods: [],
  };
}

function describeKratosSession(id: string, document: JsonObject, texts: Texts): SessionSummary {
  const { devices, authenticated_at: at, authentication_methods: methods } = document;
  const device = objectsIn(devices).at(-1) ?? {};
  return {
    id,
    device: nameDevice(textOf(device.user_agent) ?? '', texts),
    place: decoded(textOf(device.location)) ?? textOf(device.ip_address),
    signedInAt: timeOf(at),
    methods: objectsIn(methods).flatMap((method) => nameMethod(method, texts)),
  };
}

function nameMethod({ method, provider }: JsonObject, texts: Texts): string[] {
  const name = textOf(provider) ?? textOf(method);
  if (name === undefined) return [];
  const key = METHODS.get(name);
  return [key === undefined ? name : texts[key]];
}

function timeOf(value: JsonValue | undefined): Date | undefined {
  const time = new Date(textOf(value) ?? Number.NaN);
  return Number.isNaN(time.valueOf()) ? undefined : time;
}

/** Decodes a place. Postern's self-service routes percent-encode city names, as headers carry only ASCII safely. */
function decoded(place: string | undefined): string | undefined {
  try {
    return place && decodeURIComponent(place);
  } catch {
    return place; // a name that contains a percent sign itself
  }
}

function objectsIn(value: JsonValue | undefined): JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject);
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

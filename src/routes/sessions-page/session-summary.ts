// Pure: no I/O, no clock.
import { isObject, type JsonObject, type JsonValue } from '../../runtime/json.ts';
import { nameDevice } from './device-name.ts';

/** A session, described for the person it belongs to. */
export interface SessionSummary {
  readonly id: string;
  readonly device: string;
  /** The place or else the IP address; `undefined` when the store has no record of them. */
  readonly place: string | undefined;
  /** `undefined` when the store does not say. */
  readonly signedInAt: { readonly iso: string; readonly text: string } | undefined;
  /** In the order in which they were used. */
  readonly methods: readonly string[];
}

/** Common words for Kratos's names of sign-in methods (`identity/credentials.go`), if people use another word. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ['totp', 'authenticator app'],
  ['webauthn', 'security key'],
  ['lookup_secret', 'backup code'],
  ['code', 'one-time code'],
  ['link_recovery', 'recovery link'],
  ['code_recovery', 'recovery code'],
  ['saml', 'single sign-on'],
]);

/**
 * Describes a session from its document: Kratos's (`session/session.go`), or Keycard's (`Session` of
 * `types/zones/session.py` in `keycardai-api`), which has a `session_type`. Facts that it lacks are left out.
 */
export function describeSession(id: string, document: JsonObject): SessionSummary {
  return document.session_type === undefined
    ? describeKratosSession(id, document)
    : describeKeycardSession(id, document);
}

function describeKeycardSession(id: string, document: JsonObject): SessionSummary {
  const { application, application_id: applicationId, user_agent: agent } = document;
  const name = [application, agent].filter(isObject).map((shown) => textOf(shown.name));
  return {
    id,
    device: name.find((text) => text !== undefined) ?? textOf(applicationId) ?? 'An application',
    place: undefined,
    signedInAt: timeOf(document.authenticated_at) ?? timeOf(document.created_at),
    methods: [],
  };
}

function describeKratosSession(id: string, document: JsonObject): SessionSummary {
  const { devices, authenticated_at: at, authentication_methods: methods } = document;
  const device = objectsIn(devices).at(-1) ?? {};
  return {
    id,
    device: nameDevice(textOf(device.user_agent) ?? ''),
    place: decoded(textOf(device.location)) ?? textOf(device.ip_address),
    signedInAt: timeOf(at),
    methods: objectsIn(methods).flatMap(nameMethod),
  };
}

function nameMethod({ method, provider }: JsonObject): string[] {
  const name = textOf(provider) ?? textOf(method);
  return name === undefined ? [] : [METHODS.get(name) ?? name];
}

function timeOf(value: JsonValue | undefined): SessionSummary['signedInAt'] {
  const time = new Date(textOf(value) ?? Number.NaN);
  if (Number.isNaN(time.valueOf())) return undefined;
  return { iso: time.toISOString(), text: `${time.toUTCString().slice(5, 22)} UTC` };
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

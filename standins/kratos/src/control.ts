import * as v from 'valibot';
import { createIdentity, DEMO_IDENTITY_ID, type Identity } from './identity.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { type AuthenticationMethod, createSession, sessionDocument } from './session.ts';
import { encodeSessionCookie, SESSION_COOKIE_NAME } from './session-cookie.ts';
import { DEFAULT_SETTINGS, mergeSettings } from './settings.ts';
import { readSession, store } from './store.ts';
import { readPublicKeySet, rotateKeys } from './tokenizer.ts';

const JsonRecord = v.record(v.string(), v.unknown());

const NewSessionRequest = v.strictObject({
  identityId: v.optional(v.string()),
  traits: v.optional(JsonRecord),
  metadataPublic: v.optional(v.unknown()),
  aal: v.optional(v.picklist(['aal1', 'aal2']), 'aal1'),
  expiresInSeconds: v.optional(v.number()),
  expiresAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  token: v.optional(v.string()),
});
type NewSessionRequest = v.InferOutput<typeof NewSessionRequest>;

const IdentityPatch = v.strictObject({
  traits: v.optional(JsonRecord),
  metadata_public: v.optional(v.unknown()),
  state: v.optional(v.picklist(['active', 'inactive'])),
  totp: v.optional(v.boolean()),
  verified: v.optional(v.boolean()),
  external_id: v.optional(v.string()),
});

/** `GET /.standin/control`: the settings in force. */
export function readControl(c: KratosContext): Response {
  return c.json(store.settings);
}

/** `POST /.standin/control`: the settings named in the body replace their own kind, whole. */
export async function changeControl(c: KratosContext): Promise<Response> {
  const merged = mergeSettings(store.settings, await readJson(c));
  if (typeof merged === 'string') return c.text(merged, 400);
  store.settings = merged;
  return c.json(store.settings);
}

/** `DELETE /.standin/control`: all settings as at the start; sessions and identities stay. */
export function resetControl(c: KratosContext): Response {
  store.settings = DEFAULT_SETTINGS;
  return c.json(store.settings);
}

/** `GET /.standin/calls` */
export function readCalls(c: KratosContext): Response {
  return c.json(store.calls.report());
}

/** `DELETE /.standin/calls` */
export function clearCalls(c: KratosContext): Response {
  store.calls.clear();
  return c.body(null, 204);
}

/** `GET /.standin/jwks.json`: what the operator of a real Kratos would copy from its configuration. */
export async function readKeySet(c: KratosContext): Promise<Response> {
  return c.json(await readPublicKeySet());
}

const Rotation = v.strictObject({ keepsOlder: v.optional(v.boolean(), true) });

/** `POST /.standin/keys`: the tokenizer signs with new keys from now on. */
export async function rotateTokenizerKeys(c: KratosContext): Promise<Response> {
  const parsed = v.safeParse(Rotation, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  await rotateKeys(parsed.output);
  return c.body(null, 204);
}

/** `POST /.standin/sessions`: creates a session without a flow. */
export async function signIn(c: KratosContext): Promise<Response> {
  const parsed = v.safeParse(NewSessionRequest, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const asked = parsed.output;
  const now = Date.now();
  const identity = resolveIdentity(asked, now);
  const session = createSession(
    {
      identityId: identity.id,
      expiresAt: expiryOf(asked, now),
      methods: methodsOf(asked.aal, now),
      ...(asked.token === undefined ? {} : { token: asked.token }),
    },
    c.req.raw,
    now,
  );
  store.sessions.set(session.id, session);
  return c.json({
    session: sessionDocument(session, identity, { publicUrl: publicUrl(c), now }),
    session_token: session.token,
    cookie: `${SESSION_COOKIE_NAME}=${await encodeSessionCookie(session, now)}`,
  });
}

const ManySessionsRequest = v.strictObject({
  identityId: v.string(),
  count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
});

/** `POST /.standin/sessions/many`: that many more active sessions of one identity, a second apart. */
export async function signInManyTimes(c: KratosContext): Promise<Response> {
  const parsed = v.safeParse(ManySessionsRequest, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const now = Date.now();
  const identity = resolveIdentity({ identityId: parsed.output.identityId, aal: 'aal1' }, now);
  const expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  const ids = Array.from({ length: parsed.output.count }, (_, index) => {
    const issuedAt = now - index * 1000;
    const given = { identityId: identity.id, expiresAt, methods: methodsOf('aal1', issuedAt) };
    const session = createSession(given, c.req.raw, issuedAt);
    store.sessions.set(session.id, session);
    return session.id;
  });
  return c.json({ ids });
}

/** `POST /.standin/sessions/{id}/cookie`: one more valid cookie string for the same session. */
export async function issueAnotherCookie(c: KratosContext): Promise<Response> {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return c.notFound();
  const value = await encodeSessionCookie(found.session, Date.now());
  return c.json({ cookie: `${SESSION_COOKIE_NAME}=${value}` });
}

/** `DELETE /.standin/sessions/{id}`: a revocation without any notice. */
export function revokeUnseen(c: KratosContext): Response | Promise<Response> {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return c.notFound();
  found.session.active = false;
  return c.body(null, 204);
}

const SessionPatch = v.strictObject({ authenticatedAt: v.pipe(v.string(), v.isoTimestamp()) });

/** `PATCH /.standin/sessions/{id}`: as if its owner had signed in at another time. */
export async function changeSession(c: KratosContext): Promise<Response> {
  const found = readSession(c.req.param('id') ?? '');
  if (!found) return c.notFound();
  const parsed = v.safeParse(SessionPatch, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  found.session.authenticatedAt = Date.parse(parsed.output.authenticatedAt);
  return c.body(null, 204);
}

const FlowPatch = v.strictObject({ expiresAt: v.pipe(v.string(), v.isoTimestamp()) });

/** `PATCH /.standin/flows/{id}`: when a self-service flow ends, of any kind. */
export async function changeFlow(c: KratosContext): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const flow = store.flows.get(id);
  if (!flow) return c.notFound();
  const parsed = v.safeParse(FlowPatch, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  flow.expiresAt = Date.parse(parsed.output.expiresAt);
  return c.body(null, 204);
}

const NewIdentityRequest = v.object({
  traits: JsonRecord,
  metadata_public: v.optional(v.unknown()),
  password: v.optional(v.string()),
  totp: v.optional(v.boolean(), false),
});

/** `PUT /.standin/identities/{id}`: makes an account, or one anew in its place. */
export async function putIdentity(c: KratosContext): Promise<Response> {
  const parsed = v.safeParse(NewIdentityRequest, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const { metadata_public: metadataPublic, ...given } = parsed.output;
  const id = c.req.param('id') ?? '';
  const { traits, totp, password } = given;
  const identity = createIdentity(
    { id, traits, totp, metadataPublic, ...(password !== undefined && { password }) },
    Date.now(),
  );
  store.identities.set(id, identity);
  return c.json(identity);
}

/** `PATCH /.standin/identities/{id}`: changes an account as an administrator or its owner would. */
export async function changeIdentity(c: KratosContext): Promise<Response> {
  const identity = store.identities.get(c.req.param('id') ?? '');
  if (!identity) return c.notFound();
  const parsed = v.safeParse(IdentityPatch, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const { traits, metadata_public: metadataPublic, state, totp, verified } = parsed.output;
  const now = Date.now();
  if (traits) identity.traits = traits;
  if (metadataPublic !== undefined) identity.metadataPublic = metadataPublic;
  if (totp !== undefined) identity.totp = totp;
  if (verified !== undefined) identity.verified = verified;
  if (parsed.output.external_id !== undefined) identity.externalId = parsed.output.external_id;
  if (state && state !== identity.state) {
    identity.state = state;
    identity.stateChangedAt = now;
  }
  identity.updatedAt = now;
  return c.json(identity);
}

/** Returns the named identity, and creates it if it is unknown; the demo account without a name. */
function resolveIdentity(asked: NewSessionRequest, now: number): Identity {
  const id = asked.identityId ?? (asked.traits ? crypto.randomUUID() : DEMO_IDENTITY_ID);
  const identity = store.identities.get(id) ?? createIdentity({ id }, now);
  if (asked.traits) identity.traits = asked.traits;
  if (asked.metadataPublic !== undefined) identity.metadataPublic = asked.metadataPublic;
  store.identities.set(id, identity);
  return identity;
}

function expiryOf({ expiresAt, expiresInSeconds }: NewSessionRequest, now: number): number {
  if (expiresAt !== undefined) return Date.parse(expiresAt);
  return now + (expiresInSeconds ?? store.settings.sessionLifespanSeconds) * 1000;
}

function methodsOf(aal: NewSessionRequest['aal'], completedAt: number): AuthenticationMethod[] {
  const first: AuthenticationMethod = { method: 'password', aal: 'aal1', completedAt };
  if (aal === 'aal1') return [first];
  return [first, { method: 'totp', aal: 'aal2', completedAt }];
}

/** An empty body is an empty object, so that a test can ask for the defaults with a bare POST. */
async function readJson(c: KratosContext): Promise<unknown> {
  const text = await c.req.text();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return 'the body is not JSON';
  }
}

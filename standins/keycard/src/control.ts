import type { Context } from 'hono';
import * as v from 'valibot';
import { issuerOf } from './authorization-server.ts';
import { mintToken } from './mint-token.ts';
import { DEFAULT_SETTINGS, mergeSettings } from './settings.ts';
import { generateSigningKey, rotate } from './signing-keys.ts';
import { store } from './store.ts';

const JsonRecord = v.record(v.string(), v.unknown());

const NewTokenRequest = v.strictObject({
  subject: v.optional(v.string(), 'user-1'),
  clientId: v.optional(v.string(), 'client-1'),
  applicationId: v.optional(v.string()),
  scope: v.optional(v.string()),
  audience: v.optional(v.union([v.string(), v.array(v.string())])),
  claims: v.optional(JsonRecord),
  header: v.optional(JsonRecord),
  ttlSeconds: v.optional(v.number()),
  /** Signed with a key that the zone does not publish. */
  unpublished: v.optional(v.boolean(), false),
});

const Rotation = v.strictObject({
  signs: v.optional(v.boolean(), true),
  keeps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
});

/** `POST /.standin/control`: the settings named in the body replace their own kind, whole. */
export async function changeControl(c: Context): Promise<Response> {
  const merged = mergeSettings(store.settings, await readJson(c));
  if (typeof merged === 'string') return c.text(merged, 400);
  store.settings = merged;
  return c.json(store.settings);
}

/** `DELETE /.standin/control`: all settings as at the start; keys stay. */
export function resetControl(c: Context): Response {
  store.settings = DEFAULT_SETTINGS;
  return c.json(store.settings);
}

/** `GET /.standin/calls` */
export function readCalls(c: Context): Response {
  return c.json(store.calls.report());
}

/** `DELETE /.standin/calls` */
export function clearCalls(c: Context): Response {
  store.calls.clear();
  store.exchanges = [];
  return c.body(null, 204);
}

/** `GET /.standin/exchanges` */
export function readExchanges(c: Context): Response {
  return c.json(store.exchanges);
}

/** `POST /.standin/tokens`: mints a token, without a flow. */
export async function createToken(c: Context): Promise<Response> {
  const parsed = v.safeParse(NewTokenRequest, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const { unpublished, ttlSeconds = store.settings.ttlSeconds, ...request } = parsed.output;
  const key = unpublished ? await generateSigningKey() : undefined;
  const options = { issuer: issuerOf(c), now: Date.now(), ttlSeconds, key };
  return c.json({ token: await mintToken(request, options) });
}

/** `POST /.standin/keys`: publishes one more key. */
export async function rotateKeys(c: Context): Promise<Response> {
  const parsed = v.safeParse(Rotation, await readJson(c));
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const { signs, keeps } = parsed.output;
  const { kid } = await rotate({ signs, ...(keeps !== undefined && { keeps }) });
  return c.json({ kid });
}

/** An empty body is an empty object, so that a test can ask for the defaults with a bare POST. */
async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return 'the body is not JSON';
  }
}

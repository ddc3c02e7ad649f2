import type { Context } from 'hono';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { issuerOf, readBasicClient } from './authorization-server.ts';
import { mintToken } from './mint-token.ts';
import { readPublishedKeys } from './signing-keys.ts';
import { store } from './store.ts';

/** RFC 8693 section 2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
/** RFC 8693 section 3. */
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** A request for an exchange, as it arrived. */
export interface RecordedExchange {
  readonly clientId: string;
  readonly form: Readonly<Record<string, string>>;
}

/**
 * Exchanges a person's token for one for another resource (RFC 8693). The subject and its scope stay; the audience is the
 * resource, and `client_id` is the client that asked. A subject token that is not good is `invalid_request`, as section
 * 2.2.2 has it, and a resource that the zone does not have is `invalid_target`.
 */
export async function exchangeToken(c: Context, form: URLSearchParams): Promise<Response> {
  const { clients, ttlSeconds, resources } = store.settings;
  const client = readBasicClient(c.req.header('Authorization'));
  if (client === undefined || (clients !== null && clients[client.id] !== client.secret)) {
    return c.json({ error: 'invalid_client' }, 401, { 'WWW-Authenticate': 'Basic' });
  }
  store.exchanges.push({ clientId: client.id, form: Object.fromEntries(form) });
  const resource = form.get('resource') ?? '';
  const claims = await verifySubject(form, issuerOf(c));
  if (claims === undefined) return c.json({ error: 'invalid_request' }, 400);
  if (!URL.canParse(resource) || (resources !== null && !resources.includes(resource))) {
    return c.json({ error: 'invalid_target' }, 400);
  }
  const { sub: subject = '', scope, sub_profile, keycard_app_id } = claims;
  const text = typeof scope === 'string' ? scope : undefined;
  const minted = { sub_profile, keycard_app_id };
  const token = await mintToken(
    { subject, clientId: client.id, scope: text, audience: resource, claims: minted },
    { issuer: issuerOf(c), now: Date.now(), ttlSeconds },
  );
  return c.json({
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    ...(text !== undefined && { scope: text }),
  });
}

/** Returns the claims of a good access token of this zone. */
async function verifySubject(form: URLSearchParams, issuer: string) {
  if (form.get('subject_token_type') !== ACCESS_TOKEN) return undefined;
  const keys = (await readPublishedKeys()).map(({ publicJwk }) => publicJwk);
  const currentDate = new Date(Date.now());
  try {
    const token = form.get('subject_token') ?? '';
    return (await jwtVerify(token, createLocalJWKSet({ keys }), { issuer, currentDate })).payload;
  } catch {
    return undefined; // not a token, or no good one
  }
}

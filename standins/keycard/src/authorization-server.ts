import type { Context, MiddlewareHandler } from 'hono';
import type { JWK } from 'jose';
import { exchangeCode, problemOfResource } from './authorization-code.ts';
import { applicationOf, mintToken } from './mint-token.ts';
import { exchangeRefreshToken } from './refresh-tokens.ts';
import { readPublishedKeys } from './signing-keys.ts';
import { store } from './store.ts';
import { exchangeToken, TOKEN_EXCHANGE } from './token-exchange.ts';

const KEY_SET_PATH = '/openidconnect/jwks';
const CHUNK = new TextEncoder().encode(' '.repeat(16 * 1024));

/** Records each request that is meant for Keycard itself. */
export const recordCall: MiddlewareHandler = async (c, next) => {
  store.calls.record(c.req.raw);
  await next();
};

/** Makes the zone as slow as the settings say. */
export const slowDown: MiddlewareHandler = async (_c, next) => {
  const { delayMs } = store.settings;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  await next();
};

/** `https://<zone-id>.keycard.cloud` of a real zone; the origin called unless the settings name one. */
export function issuerOf(c: Context): string {
  return store.settings.issuer ?? new URL(c.req.url).origin;
}

/** Authorization server metadata (RFC 8414), where the settings have it. */
export function metadata(at: 'oauth' | 'openid') {
  return (c: Context): Response | Promise<Response> => {
    if (store.settings.metadataAt !== at) return c.notFound();
    const { origin } = new URL(c.req.url);
    return c.json({
      issuer: issuerOf(c),
      jwks_uri: `${origin}${KEY_SET_PATH}`,
      authorization_endpoint: `${origin}/oauth/2/authorize`,
      token_endpoint: `${origin}/oauth/2/token`,
      revocation_endpoint: `${origin}/oauth/2/revoke`,
      end_session_endpoint: `${origin}/oauth/2/logout`,
      registration_endpoint: `${origin}/oauth/2/clients`,
      response_types_supported: ['code'],
      grant_types_supported: [
        'authorization_code',
        'client_credentials',
        'refresh_token',
        TOKEN_EXCHANGE,
      ],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      ...store.settings.metadata,
    });
  };
}

/** The zone's key set, or what the settings make of it. */
export async function keySet(c: Context): Promise<Response> {
  const keys = await readPublishedKeys();
  switch (store.settings.keySet) {
    case 'ok':
      return c.json({ keys: keys.map(({ publicJwk }) => publicJwk) });
    case 'down':
      return c.json({ message: 'Service Unavailable', code: 'unavailable', status: 503 }, 503);
    case 'garbage':
      return c.html('<!doctype html><title>Be right back</title>');
    case 'huge':
      return c.json({
        keys: Array.from({ length: 10_000 }, (_, index) => copyOf(keys[0]?.publicJwk, index)),
      });
    case 'endless':
      return new Response(endless(), { headers: { 'Content-Type': 'application/json' } });
    case 'private':
      return c.json({ keys: keys.map(({ privateJwk }) => privateJwk) });
    case 'empty':
      return c.json({ keys: [] });
    case 'sloppy': {
      const sloppy = keys.map(({ publicJwk }) => sloppyCopyOf(publicJwk));
      return c.json({ keys: [...sloppy, ...sloppy, { kty: 'AKP', alg: 'ML-DSA-44', kid: 'pq' }] });
    }
    case 'redirect':
      return c.redirect('/elsewhere/jwks', 302);
  }
}

/**
 * `POST /oauth/2/token`: an application's token with `grant_type=client_credentials` and HTTP Basic, a person's with
 * `grant_type=authorization_code` or `refresh_token`, or an exchange of a token. The settings may have another answer.
 */
export async function issueToken(c: Context): Promise<Response> {
  const { tokenAnswer } = store.settings;
  if (tokenAnswer !== null) {
    const { status, headers, body } = tokenAnswer;
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status,
      headers,
    });
  }
  const form = new URLSearchParams(await c.req.text());
  if (form.get('grant_type') === 'authorization_code') return exchangeCode(c, form);
  if (form.get('grant_type') === 'refresh_token') return exchangeRefreshToken(c, form);
  if (form.get('grant_type') === TOKEN_EXCHANGE) return exchangeToken(c, form);
  const clientId = readBasicClient(c.req.header('Authorization'))?.id;
  if (clientId === undefined) return c.json({ error: 'invalid_client' }, 401);
  if (form.get('grant_type') !== 'client_credentials') {
    return c.json({ error: 'unsupported_grant_type' }, 400);
  }
  const scope = form.get('scope') ?? undefined;
  const audience = form.get('resource') ?? undefined;
  const problem = problemOfResource(audience);
  if (problem !== undefined) return c.json({ error: problem }, 400);
  const token = await mintToken(
    { subject: applicationOf(clientId), clientId, scope, audience },
    { issuer: issuerOf(c), now: Date.now(), ttlSeconds: store.settings.ttlSeconds },
  );
  const { ttlSeconds } = store.settings;
  return c.json({ access_token: token, token_type: 'Bearer', expires_in: ttlSeconds });
}

/** Reads a client's id and secret, each form-encoded (RFC 6749 section 2.3.1). */
export function readBasicClient(
  authorization: string | undefined,
): { readonly id: string; readonly secret: string } | undefined {
  const encoded = /^basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id, secret] = atob(encoded)
    .split(':', 2)
    .map((part) => new URLSearchParams(`part=${part}`).get('part'));
  return id && secret ? { id, secret } : undefined;
}

function copyOf(jwk: JWK | undefined, index: number): JWK {
  return { ...jwk, kid: `${jwk?.kid}-${index}` };
}

function sloppyCopyOf({ n = '', ...rest }: JWK): object {
  const padding = '='.repeat((4 - (n.length % 4)) % 4);
  return { ...rest, n: n + padding, use: null, alg: null, key_ops: null, d: null, x5c: null };
}

/** White space, which a reader of JSON has to skip for as long as it reads. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      controller.enqueue(CHUNK);
    },
  });
}

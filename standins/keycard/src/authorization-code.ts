import type { Context } from 'hono';
import * as v from 'valibot';
import { issuerOf } from './authorization-server.ts';
import { isAuthentic } from './clients.ts';
import { type Grant, issueTokens } from './issue-tokens.ts';
import { store } from './store.ts';

/** The person who is signed in at the zone, and who approves every request. */
const SUBJECT = 'user-1';
const CODE_LIFETIME_MS = 60_000;

/** An authorization that waits for its token request. */
export interface IssuedCode {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly codeChallenge: string;
  readonly nonce: string | undefined;
  readonly expiresAt: number;
}

const Registration = v.object({
  redirect_uris: v.pipe(v.array(v.pipe(v.string(), v.url())), v.minLength(1)),
});

/** `POST /oauth/2/clients`: registers a public client (RFC 7591 section 3). Its id is `ua:` and a SHA-256 digest. */
export async function registerClient(c: Context): Promise<Response> {
  const metadata: unknown = await c.req.json().catch(() => undefined);
  const parsed = v.safeParse(Registration, metadata);
  if (!parsed.success) return c.json({ error: 'invalid_client_metadata' }, 400);
  const { redirect_uris: redirectUris } = parsed.output;
  const clientId = `ua:${await sha256(redirectUris.join(' '), 'hex')}`;
  store.clients.set(clientId, { redirectUris });
  const registered = {
    ...parsed.output,
    client_id: clientId,
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
  };
  return c.json(registered, 201);
}

/**
 * `GET /oauth/2/authorize`: the person approves at once, and goes back to the client with a code, `state` and `iss`
 * (RFC 6749 section 4.1.2, RFC 9207 section 2). A request with a client or redirect URI that is not registered gets
 * 400 (RFC 6749 section 4.1.2.1).
 */
export function authorize(c: Context): Response {
  const query = new URL(c.req.url).searchParams;
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  const client = store.clients.get(clientId);
  if (client === undefined || !client.redirectUris.includes(redirectUri)) {
    return c.json({ error: 'invalid_request' }, 400);
  }
  const back = new URL(redirectUri);
  back.searchParams.set('iss', issuerOf(c));
  const state = query.get('state');
  if (state !== null) back.searchParams.set('state', state);
  const resource = query.get('resource') ?? undefined;
  const codeChallenge = query.get('code_challenge') ?? '';
  const problem =
    problemOf(query, codeChallenge) ??
    problemOfResource(resource) ??
    store.settings.authorizationError;
  if (problem !== null) {
    back.searchParams.set('error', problem);
    return c.redirect(back.href);
  }
  const code = crypto.randomUUID();
  const scope = query.get('scope') ?? undefined;
  const expiresAt = Date.now() + CODE_LIFETIME_MS;
  const subject = store.settings.subject ?? SUBJECT;
  const grant = { subject, clientId, scope, resource, isRevoked: false };
  const nonce = query.get('nonce') ?? undefined;
  store.codes.set(code, { grant, redirectUri, codeChallenge, nonce, expiresAt });
  back.searchParams.set('code', code);
  return c.redirect(back.href);
}

/**
 * Exchanges a code for the person's token (RFC 6749 section 4.1.3). A code is good once, for its client and redirect
 * URI, with the verifier of its challenge (RFC 7636 section 4.6) and for the resource that was approved (RFC 8707
 * section 2.2).
 */
export async function exchangeCode(c: Context, form: URLSearchParams): Promise<Response> {
  const code = form.get('code') ?? '';
  const issued = store.codes.get(code);
  store.codes.delete(code);
  const challenge = await sha256(form.get('code_verifier') ?? '', 'base64url');
  const isGood =
    issued !== undefined &&
    issued.expiresAt > Date.now() &&
    isAuthentic(c, form, issued.grant.clientId) &&
    issued.redirectUri === form.get('redirect_uri') &&
    issued.codeChallenge === challenge;
  if (!isGood) return c.json({ error: 'invalid_grant' }, 400);
  const { grant, nonce } = issued;
  if ((form.get('resource') ?? undefined) !== grant.resource) {
    return c.json({ error: 'invalid_target' }, 400);
  }
  return c.json(await issueTokens(c, grant, { nonce }));
}

/** Returns `invalid_target` for a resource that the zone does not have (RFC 8707 section 2). Names are compared exactly. */
export function problemOfResource(resource: string | undefined): 'invalid_target' | undefined {
  const { resources } = store.settings;
  if (resources === null || (resource !== undefined && resources.includes(resource))) {
    return undefined;
  }
  return 'invalid_target';
}

function problemOf(query: URLSearchParams, codeChallenge: string): string | undefined {
  if (query.get('response_type') !== 'code') return 'unsupported_response_type';
  const isS256 =
    query.get('code_challenge_method') === 'S256' && /^[A-Za-z0-9_-]{43}$/.test(codeChallenge);
  return isS256 ? undefined : 'invalid_request';
}

async function sha256(text: string, encoding: 'hex' | 'base64url'): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  const bytes = [...new Uint8Array(digest)];
  if (encoding === 'hex') return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

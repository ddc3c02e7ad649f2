import type { Context } from 'hono';
import { isAuthentic } from './clients.ts';
import { type Grant, issueTokens } from './issue-tokens.ts';
import { store } from './store.ts';

/**
 * Exchanges a refresh token for an access token and a new refresh token (RFC 6749 section 6). A refresh token is good
 * once, for its client and for the resource that was approved. A second use revokes all refresh tokens of the grant (RFC
 * 9700 section 4.14.2).
 */
export async function exchangeRefreshToken(c: Context, form: URLSearchParams): Promise<Response> {
  const known = store.refreshTokens.get(form.get('refresh_token') ?? '');
  const { grant } = known ?? {};
  if (known === undefined || grant === undefined) return c.json({ error: 'invalid_grant' }, 400);
  if (!isAuthentic(c, form, grant.clientId)) return c.json({ error: 'invalid_client' }, 401);
  if (known.isUsed) revokeGrant(grant);
  if (known.isUsed || grant.isRevoked) return c.json({ error: 'invalid_grant' }, 400);
  const resource = form.get('resource') ?? undefined;
  if (resource !== undefined && resource !== grant.resource) {
    return c.json({ error: 'invalid_target' }, 400);
  }
  known.isUsed = true;
  return c.json(await issueTokens(c, grant));
}

/** `POST /oauth/2/revoke` (RFC 7009 section 2): a token that is not known counts as revoked. */
export async function revoke(c: Context): Promise<Response> {
  const form = new URLSearchParams(await c.req.text());
  const known = store.refreshTokens.get(form.get('token') ?? '');
  if (known === undefined) return c.body(null, 200);
  if (!isAuthentic(c, form, known.grant.clientId)) return c.json({ error: 'invalid_client' }, 401);
  revokeGrant(known.grant);
  return c.body(null, 200);
}

/**
 * `GET /oauth/2/logout`: ends the person's session at the zone, and goes back to a URL that the client registered (OpenID
 * Connect RP-Initiated Logout 1.0 section 3).
 */
export function endSession(c: Context): Response {
  const { client_id: clientId = '', post_logout_redirect_uri: back = '' } = c.req.query();
  const isRegistered = store.clients.get(clientId)?.postLogoutRedirectUris?.includes(back);
  return isRegistered ? c.redirect(back) : c.html('<!doctype html><title>Signed out</title>');
}

function revokeGrant(grant: Grant): void {
  grant.isRevoked = true;
}

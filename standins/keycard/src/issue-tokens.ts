import type { Context } from 'hono';
import { SignJWT } from 'jose';
import { issuerOf } from './authorization-server.ts';
import { mintToken } from './mint-token.ts';
import { ALGORITHM, resolveSigningKey } from './signing-keys.ts';
import { store } from './store.ts';

/** The grant of a person to a client. */
export interface Grant {
  readonly subject: string;
  readonly clientId: string;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  isRevoked: boolean;
}

/** Issues an access token for a grant, and a refresh token to a client that gets those. */
export async function issueTokens(
  c: Context,
  grant: Grant,
  { nonce }: { readonly nonce?: string | undefined } = {},
): Promise<Record<string, unknown>> {
  const { clientId, scope, resource } = grant;
  const { ttlSeconds, personClaims, subject: current } = store.settings;
  const times = { issuer: issuerOf(c), now: Date.now(), ttlSeconds };
  const subject = current ?? grant.subject;
  const client = store.clients.get(clientId);
  // A client that registered itself is no application of the zone.
  const claims = { ...(client?.refreshes !== true && { keycard_app_id: null }), ...personClaims };
  const token = await mintToken({ subject, clientId, scope, audience: resource, claims }, times);
  const isOpenId = scope?.split(' ').includes('openid');
  return {
    access_token: token,
    token_type: 'Bearer',
    expires_in: ttlSeconds,
    scope,
    ...(client?.refreshes === true && { refresh_token: issueRefreshToken(grant) }),
    ...(isOpenId && { id_token: await mintIdToken(grant, { ...times, nonce }) }),
  };
}

function issueRefreshToken(grant: Grant): string {
  const token = crypto.randomUUID() + store.settings.refreshTokenEnd;
  store.refreshTokens.set(token, { grant, isUsed: false });
  return token;
}

/** An ID token (OpenID Connect Core section 2). */
async function mintIdToken(
  { subject, clientId }: Grant,
  {
    issuer,
    now,
    ttlSeconds,
    nonce,
  }: { issuer: string; now: number; ttlSeconds: number; nonce: string | undefined },
): Promise<string> {
  const { kid, privateKey } = await resolveSigningKey();
  const iat = Math.floor(now / 1000);
  const usual = { iss: issuer, sub: subject, aud: clientId, iat, exp: iat + ttlSeconds, nonce };
  const claims = { ...usual, ...store.settings.idTokenClaims };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
    .sign(privateKey);
}

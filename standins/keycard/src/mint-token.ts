import { SignJWT } from 'jose';
import { ALGORITHM, resolveSigningKey, type SigningKey } from './signing-keys.ts';

/** The subject of a token, and its deliberate mistakes. */
export interface TokenRequest {
  subject: string;
  /** The credential that the application authenticated with. */
  clientId: string;
  /** The stable id of the application. If it is also the `subject`, the token is for the application itself. */
  applicationId?: string | undefined;
  scope?: string | undefined;
  audience?: string | string[] | undefined;
  /** Over the usual claims; null takes one away. */
  claims?: Readonly<Record<string, unknown>> | undefined;
  /** Over the usual header; null takes a member away. */
  header?: Readonly<Record<string, unknown>> | undefined;
}

export interface MintOptions {
  issuer: string;
  now: number;
  ttlSeconds: number;
  key?: SigningKey | undefined;
}

/** Returns the id of the application that owns a credential. Credentials rotate; this id stays. */
export function applicationOf(clientId: string): string {
  return `app_${clientId}`;
}

/**
 * An access token as a Keycard zone issues it: RS256, `kid`, the claims of RFC 9068, and Keycard's own `sub_profile`
 * and `keycard_app_id` (`AccessToken` of `keycardai/oauth/server/verifier.py`).
 */
export async function mintToken(
  {
    subject,
    clientId,
    applicationId = applicationOf(clientId),
    scope,
    audience,
    claims = {},
    header = {},
  }: TokenRequest,
  { issuer, now, ttlSeconds, key }: MintOptions,
): Promise<string> {
  const { kid, privateKey } = key ?? (await resolveSigningKey());
  const issuedAt = Math.floor(now / 1000);
  const all = {
    iss: issuer,
    sub: subject,
    client_id: clientId,
    sub_profile: subject === applicationId ? 'app' : 'user',
    keycard_app_id: applicationId,
    aud: audience,
    scope,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + ttlSeconds,
    jti: crypto.randomUUID(),
    ...claims,
  };
  return await new SignJWT(present(all))
    .setProtectedHeader({ alg: ALGORITHM, ...present({ kid, typ: 'at+jwt', ...header }) })
    .sign(privateKey);
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const there = Object.entries(members).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return Object.fromEntries(there);
}

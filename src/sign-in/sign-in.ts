// Pure: no I/O, no clock.
import * as v from 'valibot';
import { parseObject, textOf } from '../runtime/json.ts';
import { openToken } from '../tokens/compact-jws.ts';
import { applicationsOf, KEYCARD_CLAIMS } from '../tokens/keycard-token.ts';
import type { Tokens } from './authorization-server.ts';

/** A browser's sign-in at the issuer, as its sealed cookies hold it. */
export interface SignIn extends Tokens {
  /** The name of the sign-in. It stays the same when the tokens are refreshed. */
  readonly id: string;
  /** The time at which the first access token was issued, in milliseconds since the epoch. */
  readonly signedInAt: number;
}

/** The claims of the access token that a sign-in depends on. They are verified wherever the token is used. */
export interface SignInClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly sessionId: string | undefined;
  readonly tokenId: string | undefined;
  readonly applicationIds: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Reads the claims of an access token; `undefined` if it is no JWT, or lacks a claim that every token has. */
export function readClaims(accessToken: string): SignInClaims | undefined {
  const opened = openToken(accessToken);
  if (!opened.ok) return undefined;
  const { iat, exp } = opened.value.claims;
  const read = v.safeParse(KEYCARD_CLAIMS, opened.value.claims);
  if (!read.success || typeof iat !== 'number' || typeof exp !== 'number') return undefined;
  const { iss: issuer, sub: subject, sid: sessionId, jti: tokenId } = read.output;
  const applicationIds = applicationsOf(read.output);
  const times = { issuedAt: iat * 1000, expiresAt: exp * 1000 };
  return { issuer, subject, sessionId, tokenId, applicationIds, ...times };
}

/** Writes a sign-in as the text that is sealed. */
export function writeSignIn({ id, signedInAt, accessToken, refreshToken }: SignIn): string {
  return JSON.stringify({ id, signedInAt, accessToken, refreshToken });
}

/** Reads the text that {@link writeSignIn} wrote; `undefined` for any other text. */
export function readSignIn(text: string): SignIn | undefined {
  const read = parseObject(text);
  if (read === undefined) return undefined;
  const [id, accessToken] = [textOf(read.id), textOf(read.accessToken)];
  const { signedInAt } = read;
  if (id === undefined || accessToken === undefined || typeof signedInAt !== 'number') {
    return undefined;
  }
  return { id, signedInAt, accessToken, refreshToken: textOf(read.refreshToken) };
}

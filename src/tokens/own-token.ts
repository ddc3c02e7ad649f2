// Pure: no I/O, no clock.
import type { IssuerSettings } from '../config/config.ts';
import { openToken } from './compact-jws.ts';
import { problemOfAudience } from './registered-claims.ts';

/**
 * Tells the tokens that are sessions here, by the issuer and audience they name: whether they are good takes no
 * part, as they are nobody else's business either way.
 */
export function createOwnTokenTest(
  issuers: readonly Pick<IssuerSettings, 'issuer' | 'audience'>[],
): (value: string) => boolean {
  return (value) => {
    const opened = issuers.length === 0 ? undefined : openToken(value);
    if (!opened?.ok) return false;
    const { iss, aud } = opened.value.claims;
    const named = issuers.find(({ issuer }) => issuer === iss);
    return named !== undefined && problemOfAudience(aud, named.audience) === undefined;
  };
}

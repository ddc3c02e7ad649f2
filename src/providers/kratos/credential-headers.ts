// Pure: no I/O, no clock.
import type { Credential } from '../../credentials/credential.ts';

/** Returns the one header that carries a credential to Kratos: by the carrier it came in, with its exact bytes. */
export function credentialHeaders({ carrier, value }: Credential): Record<string, string> {
  switch (carrier.kind) {
    case 'session-token-header':
      return { 'x-session-token': value };
    case 'cookie':
      return { cookie: `${carrier.cookieName}=${value}` };
    case 'bearer':
      return { authorization: `Bearer ${value}` };
  }
}

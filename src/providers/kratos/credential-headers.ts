// Pure: no I/O, no clock.
import type { Credential } from '../../credentials/credential.ts';

/** A credential as it travels to Kratos: in the way it came, with its exact bytes, and nothing beside it. */
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

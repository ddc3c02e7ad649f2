import { errorResponse } from '../../errors/error-response.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { IssuerMetadata } from '../../tokens/issuer-metadata.ts';
import type { ProtectedResources } from '../../tokens/protected-resources.ts';
import { jsonDocument } from './public-document.ts';

/** The path of an authorization server's metadata (RFC 8414 section 3). */
export const AUTHORIZATION_SERVER_METADATA_PATH = '/.well-known/oauth-authorization-server';

/**
 * Serves the metadata of a host's authorization server, for clients that ask the site itself for it: MCP clients of the
 * revision 2025-03-26 do not know protected resource metadata. A host with none or several gets 404, and so does an
 * issuer without `discovery`.
 */
export function createAuthorizationServerMetadata(
  resources: Pick<ProtectedResources, 'issuersOf'>,
  metadata: ReadonlyMap<string, Pick<IssuerMetadata, 'read'>>,
): (received: Pick<RouteRequest, 'target' | 'waitUntil'>) => Promise<Response> {
  return async function authorizationServerMetadata({ target: { host, path }, waitUntil }) {
    const [only, ...others] = resources.issuersOf(host);
    const isAsked = path === AUTHORIZATION_SERVER_METADATA_PATH && others.length === 0;
    const issuer = isAsked && only !== undefined ? metadata.get(only) : undefined;
    if (issuer === undefined) return errorResponse('not_found');
    const document = await issuer.read(waitUntil);
    return document === undefined
      ? errorResponse('issuer_metadata_unavailable')
      : jsonDocument(JSON.stringify(document));
  };
}

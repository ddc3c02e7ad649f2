// Pure: no I/O, no clock.
import { errorResponse } from '../../errors/error-response.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { Rules } from '../../rules/rules.ts';
import {
  type ProtectedResource,
  type ProtectedResources,
  RESOURCE_METADATA_PATH,
} from '../../tokens/protected-resources.ts';
import { jsonDocument } from './public-document.ts';

export interface ResourceMetadataOptions {
  /** The rules that ask for scopes. */
  readonly rules: Pick<Rules, 'scopesBelow'>;
  /** `undefined` if the site has no page for developers. */
  readonly documentationUrl: string | undefined;
}

/**
 * Serves the metadata of each protected resource (RFC 9728 section 2) at the path that section 3.1 derives from its
 * identifier. Section 3.3 requires `resource` to be that identifier. Any other path gets 404.
 */
export function createResourceMetadata(
  resources: Pick<ProtectedResources, 'find'>,
  options: ResourceMetadataOptions,
): (received: Pick<RouteRequest, 'target'>) => Response {
  return function resourceMetadata({ target: { host, path } }) {
    const resource = resources.find(host, path.slice(RESOURCE_METADATA_PATH.length));
    return resource === undefined
      ? errorResponse('not_found')
      : jsonDocument(JSON.stringify(metadataOf(resource, options)));
  };
}

function metadataOf(
  { identifier, host, path, issuers }: ProtectedResource,
  { rules, documentationUrl }: ResourceMetadataOptions,
): object {
  const scopes = [...rules.scopesBelow(host, path)].sort();
  return {
    resource: identifier,
    authorization_servers: issuers,
    bearer_methods_supported: ['header'],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    resource_name: `${host}${path}`,
    ...(documentationUrl !== undefined && { resource_documentation: documentationUrl }),
  };
}

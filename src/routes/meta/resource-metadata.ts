// Pure: no I/O, no clock.

/** The path of the metadata of a resource without a path of its own (RFC 9728 section 3). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** Serves the metadata of the protected site (RFC 9728 section 2): its token issuers, and how to send a token. */
export function createResourceMetadata(
  resource: string,
  authorizationServers: readonly string[],
): () => Response {
  const body = JSON.stringify({
    resource,
    authorization_servers: authorizationServers,
    bearer_methods_supported: ['header'],
  });
  return function resourceMetadata() {
    return new Response(body, {
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=300',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      },
    });
  };
}

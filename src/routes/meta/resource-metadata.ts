// Pure: no I/O, no clock.

/** Where RFC 9728 section 3 has the metadata of a resource without a path. */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The metadata of what Postern protects (RFC 9728 section 2): who issues tokens for it, how they are sent. */
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

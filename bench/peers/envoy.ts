/** Envoy with ext_authz, which asks the session store about each request; and with jwt_authn, which verifies tokens. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ENVOY_FLAGS } from '../../test/proxies/proxy-kinds.ts';
import { gatedByToken, type Peer, storeRequests } from './peers.ts';
import { type PeerPlaces, proxyPeer, proxyProgram } from './proxy-peer.ts';

const IDENTITY = 'x-kratos-authenticated-identity-id';
const ID = 'x-user-id';
const FILTERS = 'type.googleapis.com/envoy.extensions.filters';

export const envoyPeer: Peer = proxyPeer({
  id: 'envoy',
  name: 'Envoy `ext_authz`, by JWT `jwt_authn`',
  program: proxyProgram('Envoy'),
  configure(places) {
    const file = join(places.folder, 'envoy.json');
    writeFileSync(file, JSON.stringify(configuration(places)));
    return { parameters: ['-c', file, ...ENVOY_FLAGS] };
  },
  requests: ({ port, farPort, otherPort, fixtures }) => ({
    ...storeRequests({ port }, { port: farPort }, IDENTITY),
    'gate by JWT': gatedByToken({ port: otherPort }, ID, fixtures),
  }),
});

function configuration({ port, farPort, otherPort, around, fixtures }: PeerPlaces): object {
  return {
    static_resources: {
      listeners: [
        listener(port, askStore('store')),
        listener(farPort, askStore('store-far')),
        listener(otherPort, verifyToken(fixtures.issuer)),
      ],
      clusters: (['origin', 'store', 'store-far'] as const).map((name) => ({
        name,
        load_assignment: {
          cluster_name: name,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: at(around[name]) } }] }],
        },
      })),
    },
  };
}

function listener(port: number, filter: object): object {
  return {
    address: at(port),
    filter_chains: [
      {
        filters: [
          {
            name: 'http',
            typed_config: {
              '@type': `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: 'http',
              http_filters: [
                filter,
                {
                  name: 'router',
                  typed_config: { '@type': `${FILTERS}.http.router.v3.Router` },
                },
              ],
              route_config: {
                virtual_hosts: [
                  {
                    name: 'site',
                    domains: ['*'],
                    routes: [{ match: { prefix: '/' }, route: { cluster: 'origin' } }],
                  },
                ],
              },
            },
          },
        ],
      },
    ],
  };
}

/** The prefix ends with `?`, so that the request's own path becomes a query, which whoami ignores. */
function askStore(cluster: string): object {
  return {
    name: 'ext_authz',
    typed_config: {
      '@type': `${FILTERS}.http.ext_authz.v3.ExtAuthz`,
      allowed_headers: { patterns: [{ exact: 'cookie' }] },
      http_service: {
        server_uri: { uri: 'http://store', cluster, timeout: '5s' },
        path_prefix: '/sessions/whoami?',
        authorization_response: { allowed_upstream_headers: { patterns: [{ exact: IDENTITY }] } },
      },
    },
  };
}

function verifyToken({ issuer, publicJwk }: PeerPlaces['fixtures']['issuer']): object {
  return {
    name: 'jwt_authn',
    typed_config: {
      '@type': `${FILTERS}.http.jwt_authn.v3.JwtAuthentication`,
      providers: {
        issuer: {
          issuer,
          audiences: ['postern'],
          local_jwks: { inline_string: JSON.stringify({ keys: [publicJwk] }) },
          claim_to_headers: [{ header_name: ID, claim_name: 'sub' }],
        },
      },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'issuer' } }],
    },
  };
}

function at(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

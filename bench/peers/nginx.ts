/** nginx with auth_request: it asks the session store about each request, or keeps the store's passes for 30 seconds. */
import { nginxFile, startWithNginxFile } from '../../test/proxies/proxy-kinds.ts';
import { gatedByCookie, isSession, type Peer, storeRequests } from './peers.ts';
import { type PeerPlaces, proxyPeer, proxyProgram } from './proxy-peer.ts';

const ID = 'x-user-id';
const program = proxyProgram('nginx');

const CACHE = `
    proxy_cache whoami;
    proxy_cache_key $http_cookie;
    proxy_cache_valid 200 30s;`;

export const nginxPeers: readonly Peer[] = [
  proxyPeer({
    id: 'nginx',
    name: 'nginx `auth_request`',
    program,
    configure: (places) => startWithNginxFile(places.folder, configuration(places, '')),
    requests: ({ port, farPort }) => storeRequests({ port }, { port: farPort }, ID),
  }),
  proxyPeer({
    id: 'nginx-cached',
    name: 'nginx `auth_request`, answers kept for 30 s',
    program,
    configure: (places) => startWithNginxFile(places.folder, configuration(places, CACHE)),
    requests: ({ port, farPort }) => ({
      ...storeRequests({ port }, { port: farPort }, ID),
      'check only': {
        ...gatedByCookie({ port, path: '/sessions/whoami' }, ID),
        expected: { status: 200, answer: isSession },
      },
    }),
  }),
];

function configuration({ port, farPort, around }: PeerPlaces, cache: string): string {
  return nginxFile(`
proxy_cache_path cache keys_zone=whoami:10m;
proxy_http_version 1.1;
upstream origin { server 127.0.0.1:${around.origin}; keepalive 16; }
${server(port, around.store, cache)}
${server(farPort, around['store-far'], cache)}
`);
}

function server(port: number, store: number, cache: string): string {
  return `
upstream store-${port} { server 127.0.0.1:${store}; keepalive 16; }
server {
  listen 127.0.0.1:${port};
  location / {
    auth_request /_whoami;
    auth_request_set $identity $upstream_http_x_kratos_authenticated_identity_id;
    proxy_set_header Host $host;
    proxy_set_header Connection "";
    proxy_set_header X-User-Id $identity;
    proxy_pass http://origin;
  }
  location = /_whoami {
    internal;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Connection "";
    proxy_pass http://store-${port}/sessions/whoami;${cache}
  }
  location = /sessions/whoami {
    proxy_set_header Connection "";
    proxy_pass http://store-${port};${cache}
  }
}`;
}

/** Caddy with forward_auth, which asks the session store about each request. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, storeRequests } from './peers.ts';
import { type PeerPlaces, proxyPeer, proxyProgram } from './proxy-peer.ts';

export const caddyPeer: Peer = proxyPeer({
  id: 'caddy',
  name: 'Caddy `forward_auth`',
  program: proxyProgram('Caddy'),
  configure(places) {
    const file = join(places.folder, 'Caddyfile');
    writeFileSync(file, configuration(places));
    return {
      parameters: ['run', '--config', file, '--adapter', 'caddyfile'],
      env: { XDG_CONFIG_HOME: places.folder, XDG_DATA_HOME: places.folder },
    };
  },
  requests: ({ port, farPort }) => storeRequests({ port }, { port: farPort }, 'x-user-id'),
});

function configuration({ port, farPort, around }: PeerPlaces): string {
  const site = (at: number, store: number) => `
http://:${at} {
	forward_auth 127.0.0.1:${store} {
		uri /sessions/whoami
		copy_headers X-Kratos-Authenticated-Identity-Id>X-User-Id
	}
	reverse_proxy 127.0.0.1:${around.origin}
}
`;
  return `{
	admin off
	default_bind 127.0.0.1
	auto_https off
	log {
		level ERROR
	}
}
${site(port, around.store)}
${site(farPort, around['store-far'])}`;
}

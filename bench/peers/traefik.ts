/** Traefik with forwardAuth, which asks the session store about each request. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, storeRequests } from './peers.ts';
import { proxyPeer, proxyProgram } from './proxy-peer.ts';

const IDENTITY = 'X-Kratos-Authenticated-Identity-Id';

export const traefikPeer: Peer = proxyPeer({
  id: 'traefik',
  name: 'Traefik `forwardAuth`',
  program: proxyProgram('Traefik'),
  configure({ folder, port, farPort, around }) {
    const changingFile = join(folder, 'site.yml');
    const fixedFile = join(folder, 'traefik.yml');
    writeFileSync(
      fixedFile,
      json({
        entryPoints: {
          near: { address: `127.0.0.1:${port}` },
          far: { address: `127.0.0.1:${farPort}` },
        },
        providers: { file: { filename: changingFile } },
        log: { level: 'ERROR' },
        global: { checkNewVersion: false, sendAnonymousUsage: false },
      }),
    );
    const router = (name: string) => ({
      rule: 'PathPrefix(`/`)',
      entryPoints: [name],
      middlewares: [name],
      service: 'site',
    });
    const asking = (store: number) => ({
      forwardAuth: {
        address: `http://127.0.0.1:${store}/sessions/whoami`,
        authResponseHeaders: [IDENTITY],
        maxResponseBodySize: 65_536,
      },
    });
    writeFileSync(
      changingFile,
      json({
        http: {
          routers: { near: router('near'), far: router('far') },
          middlewares: { near: asking(around.store), far: asking(around['store-far']) },
          services: {
            site: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${around.origin}` }] } },
          },
        },
      }),
    );
    return { parameters: [`--configFile=${fixedFile}`] };
  },
  requests: ({ port, farPort }) =>
    storeRequests({ port }, { port: farPort }, IDENTITY.toLowerCase()),
});

/** YAML too. */
function json(value: object): string {
  return JSON.stringify(value, null, 2);
}

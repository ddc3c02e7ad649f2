import { caddyPeer } from './caddy.ts';
import { envoyPeer } from './envoy.ts';
import { nginxPeers } from './nginx.ts';
import { oathkeeperPeer } from './oathkeeper.ts';
import { oauth2ProxyPeer } from './oauth2-proxy.ts';
import type { Peer } from './peers.ts';
import { traefikPeer } from './traefik.ts';
import { workerPeers } from './workers.ts';

/** All systems, installed or not. Postern is the first. */
export const EVERY_PEER: readonly Peer[] = [
  ...workerPeers,
  ...nginxPeers,
  caddyPeer,
  envoyPeer,
  traefikPeer,
  oauth2ProxyPeer,
  oathkeeperPeer,
];

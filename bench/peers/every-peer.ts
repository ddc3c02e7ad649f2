import { caddyPeer } from './caddy.ts';
import { envoyPeer } from './envoy.ts';
import { nginxPeers } from './nginx.ts';
import { oathkeeperPeer } from './oathkeeper.ts';
import { oauth2ProxyPeer } from './oauth2-proxy.ts';
import type { Peer } from './peers.ts';
import type { ProxyPeer } from './proxy-peer.ts';
import { traefikPeer } from './traefik.ts';
import { WORKER_PEERS } from './worker-peers.ts';

/** The systems that are programs of their own, installed or not. */
export const PROXY_PEERS: readonly ProxyPeer[] = [
  ...nginxPeers,
  caddyPeer,
  envoyPeer,
  traefikPeer,
  oauth2ProxyPeer,
  oathkeeperPeer,
];

/** All systems, installed or not. */
export const EVERY_PEER: readonly Peer[] = [...WORKER_PEERS, ...PROXY_PEERS];

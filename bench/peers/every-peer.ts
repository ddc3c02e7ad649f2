import { nginxPeers } from './nginx.ts';
import type { Peer } from './peers.ts';
import type { ProxyPeer } from './proxy-peer.ts';
import { WORKER_PEERS } from './worker-peers.ts';

/** The systems that are programs of their own, installed or not. */
export const PROXY_PEERS: readonly ProxyPeer[] = [...nginxPeers];

/** All systems, installed or not. */
export const EVERY_PEER: readonly Peer[] = [...WORKER_PEERS, ...PROXY_PEERS];

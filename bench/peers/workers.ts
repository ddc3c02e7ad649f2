/** Postern, and Workers that a user would write by hand. */
import { floor, gateSettings, gateWorker, joseWorker, mapGateWorker } from '../bench-workers.ts';
import { PROXY_SECRET } from '../fixtures.ts';
import { HOST } from '../load.ts';
import type { BenchWorker } from '../workerd.ts';
import { clerkPeers } from './clerk.ts';
import {
  BASELINE,
  gatedByCookie,
  gatedByToken,
  isSession,
  type Peer,
  type PeerRequest,
  type Place,
  storeRequests,
} from './peers.ts';
import { versionOf, workerPeer } from './worker-peer.ts';

const ORIGIN = { service: 'origin' };
const FAR = 'store-far';
const ID = 'x-user-id';
const WORKERD = `workerd ${versionOf('workerd')}`;
const ASKED_BY_PROXY = {
  'Postern-Proxy-Secret': PROXY_SECRET,
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Host': HOST,
  'X-Forwarded-Uri': '/account',
};

export const workerPeers: readonly Peer[] = [
  workerPeer({
    id: BASELINE,
    name: '**Postern**',
    version: WORKERD,
    deploy: (fixtures) => ({
      workers: [
        gateWorker('postern', gateSettings(fixtures)),
        gateWorker('postern-far', gateSettings(fixtures), { store: FAR }),
      ],
      requests: (at) => ({
        ...storeRequests(at('postern'), at('postern-far'), ID),
        'check only': {
          ...gatedByCookie(at('postern'), ID),
          path: '/sessions/whoami',
          expected: { status: 200, answer: isSession },
        },
        'gate by JWT': gatedByToken(at('postern'), ID, fixtures),
      }),
    }),
  }),
  workerPeer({
    id: 'forward-auth',
    name: 'Postern’s forward-auth route',
    version: WORKERD,
    deploy: (fixtures) => ({
      workers: [gateWorker('postern-asked', gateSettings(fixtures))],
      requests: (at) => ({ 'check only': askedByProxy(at('postern-asked')) }),
    }),
  }),
  forwarding('bare-forward', 'a Worker that only forwards (`bare-forward`)'),
  forwarding(
    'forward-headers',
    'a Worker that forwards with a gate’s headers and a deadline (`forward-headers`)',
  ),
  workerPeer({
    id: 'map-gate',
    name: 'a Worker by hand: a `Map` with a time limit (`map-gate`)',
    version: WORKERD,
    deploy: () => ({
      workers: [
        mapGateWorker('cookie'),
        mapGateWorker('cookie', { name: 'map-gate-far', store: FAR }),
      ],
      requests: (at) => storeRequests(at('map-gate'), at('map-gate-far'), ID),
    }),
  }),
  workerPeer({
    id: 'kv-gate',
    name: 'a Worker by hand on KV (`kv-gate`)',
    version: WORKERD,
    deploy: () => ({
      workers: [kvGate('kv-gate', 'store'), kvGate('kv-gate-far', FAR)],
      requests: (at) => storeRequests(at('kv-gate'), at('kv-gate-far'), ID),
    }),
  }),
  workerPeer({
    id: 'jose-per-request',
    name: 'a Worker by hand with jose (`jose-per-request`)',
    version: `jose ${versionOf('jose')}`,
    deploy: async (fixtures) => ({
      workers: [await joseWorker()],
      requests: (at) => ({ 'gate by JWT': gatedByToken(at('jose-per-request'), ID, fixtures) }),
    }),
  }),
  ...clerkPeers(),
];

/** A floor: it refuses nothing. */
function forwarding(script: string, name: string): Peer {
  return workerPeer({
    id: script,
    name,
    version: WORKERD,
    deploy: () => ({
      workers: [floor(script, { ORIGIN })],
      requests: (at) => ({
        'gate by cookie': {
          ...gatedByCookie(at(script), ID),
          expected: { status: 200, atOrigin: { cookie: /^ory_kratos_session=/ } },
          refusals: [],
        },
      }),
    }),
  });
}

function askedByProxy(place: Place): PeerRequest {
  const gated = gatedByCookie(place, ID);
  return {
    ...gated,
    path: '/.postern/auth/forward',
    headers: { ...gated.headers, ...ASKED_BY_PROXY },
    expected: { status: 200, answer: ({ headers }) => headers[ID] !== undefined },
    refusals: gated.refusals.map((refusal) => ({ ...refusal, ...ASKED_BY_PROXY })),
  };
}

function kvGate(name: string, store: string): BenchWorker {
  const bindings = { ORIGIN, KRATOS: { service: store }, KV: { kvNamespace: 'kv' } };
  return { ...floor('kv-gate', bindings), name };
}

/** Postern, and Workers that a user would write by hand: all in one workerd. */
import { createRequire } from 'node:module';
import { floor, gateSettings, gateWorker, joseWorker, mapGateWorker } from '../bench-workers.ts';
import { type Fixtures, PROXY_SECRET } from '../fixtures.ts';
import { HOST } from '../load.ts';
import { startGates } from '../start-gates.ts';
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
  type Requests,
  type Start,
  type Started,
  storeRequests,
} from './peers.ts';

/** A system that is a Worker, or several for several columns. */
export interface WorkerPeer extends Peer {
  readonly version: string;
  deploy(fixtures: Fixtures): Deployment | Promise<Deployment>;
}

interface Deployment {
  readonly workers: readonly BenchWorker[];
  /** `at`: the place of a Worker, by its name. */
  requests(at: (worker: string) => Place): Requests;
}

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

export const WORKER_PEERS: readonly WorkerPeer[] = [
  {
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
  },
  {
    id: 'forward-auth',
    name: 'Postern’s forward-auth route',
    version: WORKERD,
    deploy: (fixtures) => ({
      workers: [gateWorker('postern-asked', gateSettings(fixtures))],
      requests: (at) => ({ 'check only': askedByProxy(at('postern-asked')) }),
    }),
  },
  forwarding('bare-forward', 'a Worker that only forwards (`bare-forward`)'),
  forwarding(
    'forward-headers',
    'a Worker that forwards with a gate’s headers and a deadline (`forward-headers`)',
  ),
  {
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
  },
  {
    id: 'kv-gate',
    name: 'a Worker by hand on KV (`kv-gate`)',
    version: WORKERD,
    deploy: () => ({
      workers: [kvGate('kv-gate', 'store'), kvGate('kv-gate-far', FAR)],
      requests: (at) => storeRequests(at('kv-gate'), at('kv-gate-far'), ID),
    }),
  },
  {
    id: 'jose-per-request',
    name: 'a Worker by hand with jose (`jose-per-request`)',
    version: `jose ${versionOf('jose')}`,
    deploy: async (fixtures) => ({
      workers: [await joseWorker()],
      requests: (at) => ({ 'gate by JWT': gatedByToken(at('jose-per-request'), ID, fixtures) }),
    }),
  },
  ...clerkPeers(),
];

/** Starts one workerd with all of these systems. Rejects if a gate among them is not ready. */
export async function startWorkers(
  peers: readonly WorkerPeer[],
  { surroundings, fixtures, under }: Start,
): Promise<Started> {
  const deployments = await Promise.all(
    peers.map(async (peer) => ({ peer, ...(await peer.deploy(fixtures)) })),
  );
  const workers = deployments.flatMap((deployment) => deployment.workers);
  const running = await startGates(workers, { under, outside: surroundings.ports });
  const at = (worker: string) => ({ port: running.ports[worker] ?? 0 });
  return {
    peers: deployments.map(({ peer, requests }) => ({
      ...peer,
      cpuMicros: running.cpuMicros,
      requests: requests(at),
    })),
    [Symbol.asyncDispose]: running.stop,
  };
}

/** A floor: it refuses nothing. */
function forwarding(script: string, name: string): WorkerPeer {
  return {
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
  };
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

function versionOf(module: string): string {
  const require = createRequire(import.meta.url);
  return (require(`${module}/package.json`) as { version: string }).version; // as npm requires it
}

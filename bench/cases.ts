/** What is measured: each case beside the floor it is held against. */
import type { BenchWorker } from './workerd.ts';

export interface BenchCase {
  readonly name: string;
  readonly worker: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` for a floor itself. */
  readonly baseline?: string;
  /** CPU per request as a ratio to the baseline's; `undefined` where it is for comparison only. */
  readonly goal?: number;
  /** The status every answer must have; a case that measures errors measures nothing. */
  readonly isRefusal?: boolean;
}

const TOKEN = { 'X-Session-Token': `ory_st_${'b'.repeat(32)}` };

const SETTINGS = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://auth.example.com',
  IDENTITY_HEADERS: {
    'X-User-Id': 'identity.id',
    'X-User-Email': 'identity.traits.email',
    'X-User-Roles': 'identity.metadata_public.roles',
  },
  RULES: [
    { path: '/assets/*', session: 'none' },
    { path: '/blog/:post', session: 'optional' },
    { path: '/public/*', session: 'none' },
  ],
  FRESH_SECONDS: 3600,
  DECISION_LOG: 'none',
};

function settings() {
  return Object.fromEntries(Object.entries(SETTINGS).map(([name, json]) => [name, { json }]));
}

export const WORKERS: readonly BenchWorker[] = [
  { name: 'bare', module: 'bench/workers/bare.js', isTarget: true },
  {
    name: 'bare-forward',
    module: 'bench/workers/bare-forward.js',
    bindings: { ORIGIN: { service: 'bare' } },
    isTarget: true,
  },
  {
    name: 'store',
    module: 'bench/workers/store.js',
    bindings: { DELAY_MS: { json: 0 } },
    isTarget: false,
  },
  {
    name: 'postern',
    module: 'dist/worker.js',
    bindings: {
      KRATOS: { service: 'store' },
      ORIGIN: { service: 'bare' },
      REVOCATIONS: { durableObject: 'RevocationLog' },
      ...settings(),
    },
    durableObjects: ['RevocationLog'],
    isTarget: true,
  },
  {
    name: 'postern-without-log',
    module: 'dist/worker.js',
    bindings: {
      KRATOS: { service: 'store' },
      ORIGIN: { service: 'bare' },
      REVOCATION: { json: 'off' },
      ...settings(),
    },
    isTarget: true,
  },
];

export const CASES: readonly BenchCase[] = [
  { name: 'bare', worker: 'bare', path: '/', headers: TOKEN },
  {
    name: 'whoami-hit',
    worker: 'postern',
    path: '/sessions/whoami',
    headers: TOKEN,
    baseline: 'bare',
    goal: 1.25,
  },
  {
    name: 'whoami-hit-without-log',
    worker: 'postern-without-log',
    path: '/sessions/whoami',
    headers: TOKEN,
    baseline: 'bare',
  },
  {
    name: 'denied',
    worker: 'postern',
    path: '/account',
    headers: {},
    baseline: 'bare',
    goal: 1.15,
    isRefusal: true,
  },
  { name: 'bare-forward', worker: 'bare-forward', path: '/account', headers: TOKEN },
  {
    name: 'gate-hit',
    worker: 'postern',
    path: '/account',
    headers: TOKEN,
    baseline: 'bare-forward',
    goal: 1.2,
  },
  {
    name: 'gate-public',
    worker: 'postern',
    path: '/public/page',
    headers: TOKEN,
    baseline: 'bare-forward',
    goal: 1.15,
  },
];

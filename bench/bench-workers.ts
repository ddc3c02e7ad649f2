/** The Workers that are measured, and those around them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBuiltGate, readBuiltModules } from '../test/support/built-gate.ts';
import { bundleWorker } from '../test/support/bundle-worker.ts';
import { inRepository } from '../test/support/repository.ts';
import { type Fixtures, PROXY_SECRET } from './fixtures.ts';
import type { BenchBinding, BenchWorker } from './workerd.ts';

export type Settings = Readonly<Record<string, unknown>>;

/** A site of some size: a path that matches no rule was compared with all of them. */
const RULES = [
  { path: '/assets/*', session: 'none' },
  { path: '/blog/:post', session: 'optional' },
  { path: '/public/*', session: 'none' },
  {
    path: '/admin/*',
    session: 'required',
    allow: '"admin" in session.identity.metadata_public.roles',
  },
  { path: '/settings/:page', methods: ['POST', 'PUT'], session: 'required', aal: 'aal2' },
];

/** A deployment with its defaults, but for its log of decisions: what a runtime does with lines is its own cost. */
export function gateSettings({ issuer, asserter }: Fixtures): Settings {
  return {
    PUBLIC_URL: 'https://app.example.com',
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    IDENTITY_HEADERS: {
      'X-User-Id': 'identity.id',
      'X-User-Email': 'identity.traits.email',
      'X-User-Roles': 'identity.metadata_public.roles',
    },
    ASSERTION_KEYS: { keys: [asserter.privateJwk] },
    ISSUERS: [
      {
        issuer: issuer.issuer,
        preset: 'kratos',
        audience: 'postern',
        algorithms: ['ES256'],
        keys: [issuer.publicJwk],
        session_fields: {
          'identity.traits.email': 'email',
          'identity.metadata_public.roles': 'roles',
        },
      },
    ],
    RULES,
    FORWARD_AUTH_SECRETS: [PROXY_SECRET],
    DECISION_LOG: 'none',
  };
}

/** A gate with a name of its own: memory and figures of one are not those of another. */
export function gateWorker(
  name: string,
  settings: Settings,
  { code, store = 'store' }: { readonly code?: string | undefined; readonly store?: string } = {},
): BenchWorker {
  const isLogged = settings.REVOCATION !== 'off';
  return {
    name,
    ...(code === undefined ? { code: readBuiltGate(), modules: readBuiltModules() } : { code }),
    bindings: {
      KRATOS: { service: store },
      ORIGIN: { service: 'origin' },
      ...(isLogged && { REVOCATIONS: { durableObject: 'RevocationLog' } }),
      ...asBindings(settings),
    },
    ...(isLogged && { durableObjects: ['RevocationLog'] }),
    isTarget: true,
  };
}

export function storeWorker(name = 'store', delayMs = 0): BenchWorker {
  const bindings = { DELAY_MS: { json: delayMs } };
  return { name, code: benchScript('store.js'), bindings, isTarget: false };
}

export function originWorker(): BenchWorker {
  return { name: 'origin', code: benchScript('origin.js'), isTarget: false };
}

/** The floor of an answer. */
export function bareWorker(): BenchWorker {
  return floor('bare', {});
}

/**
 * Settings of gates whose instructions are counted. Valgrind makes a request a hundred times slower, so what gates do by
 * the clock (they read the log, they check sessions again) would be done a hundred times as often for each request. With
 * these settings it is done ten times as often.
 */
export const SLOW_CLOCK: Settings = { REVOCATION_LAG_SECONDS: 50, FRESH_SECONDS: 300 };

export interface BenchWorkersOptions {
  /** A gate in place of the built one. */
  readonly code?: string;
  /** Settings of the gates, in place of the defaults. */
  readonly settings?: Settings | undefined;
}

/** The Workers of the cases. */
export async function benchWorkers(
  fixtures: Fixtures,
  { code, settings: others }: BenchWorkersOptions = {},
): Promise<BenchWorker[]> {
  const settings = { ...gateSettings(fixtures), ...others };
  const ORIGIN = { service: 'origin' };
  const KEY = { json: fixtures.issuer.publicJwk };
  const ASSERTION_KEY = { json: fixtures.asserter.privateJwk };
  return [
    originWorker(),
    storeWorker(),
    keysWorker(fixtures),
    bareWorker(),
    floor('bare-headers', {}),
    floor('bare-identity', {}),
    floor('bare-forward', { ORIGIN }),
    floor('forward-headers', { ORIGIN }),
    floor('forward-filtered', { ORIGIN }),
    mapGateWorker('x-session-token'),
    floor('verify-forward', { ORIGIN, KEY }),
    floor('verify-headers', { ORIGIN, KEY }),
    {
      ...floor('verify-headers', { ORIGIN, KEY, ASSERTION_KEY }),
      name: 'verify-signed',
    },
    gateWorker('postern', settings, { code }),
    gateWorker('postern-without-log', { ...settings, REVOCATION: 'off' }, { code }),
    gateWorker('postern-logging', { ...settings, DECISION_LOG: 'all' }, { code }),
    await joseWorker(),
  ];
}

/** A gate written by hand, for clients that send their credential in this header. */
export function mapGateWorker(
  credential: 'x-session-token' | 'cookie',
  { name = 'map-gate', store = 'store' } = {},
): BenchWorker {
  const bindings = {
    ORIGIN: { service: 'origin' },
    KRATOS: { service: store },
    CREDENTIAL: { json: credential },
  };
  return { ...floor('map-gate', bindings), name };
}

/** A gate written by hand that verifies every token. */
export async function joseWorker(): Promise<BenchWorker> {
  return {
    name: 'jose-per-request',
    code: await bundleWorker(inRepository('bench/workers/jose-per-request.js')),
    bindings: { ORIGIN: { service: 'origin' } },
    outbound: 'keys',
    isTarget: true,
  };
}

/** An issuer's keys. */
export function keysWorker({ issuer }: Fixtures): BenchWorker {
  const bindings = { KEY: { json: issuer.publicJwk } };
  return { name: 'keys', code: benchScript('keys.js'), bindings, isTarget: false };
}

/** A Worker of bench/workers without modules beside it. */
export function floor(name: string, bindings: Readonly<Record<string, BenchBinding>>): BenchWorker {
  return { name, code: benchScript(`${name}.js`), bindings, isTarget: true };
}

function benchScript(file: string): string {
  return readFileSync(join(import.meta.dirname, 'workers', file), 'utf8');
}

function asBindings(settings: Settings): Record<string, BenchBinding> {
  return Object.fromEntries(Object.entries(settings).map(([name, json]) => [name, { json }]));
}

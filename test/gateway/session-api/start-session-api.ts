import type { BearerScope } from '../../../standins/keycard/src/session-store.ts';
import { type RunningStandin, startStandin } from '../../standins/start-standin.ts';
import type { StartGateOptions } from '../../support/gate-options.ts';
import type { Json } from '../../support/runtime-worker.ts';
import { type RunningGate, startGate } from '../../support/start-gate.ts';
import { fetchAs } from './fetch-as.ts';

/** A secret that passes the guard. */
export const ADMIN_SECRET = 'correct-horse-battery-staple-0123456789';
/** The one before, in the middle of a rotation. */
export const OLD_SECRET = 'previous-horse-battery-staple-0123456789';
export const GUARDED = { authorization: `Bearer ${ADMIN_SECRET}` };
export const API_KEY = 'ory_pat_of-the-project';

/** Kratos's admin API, guarded, on top of what every gate has. */
export const ADMIN_VARS: Readonly<Record<string, Json>> = {
  ADMIN_SECRETS: [ADMIN_SECRET, OLD_SECRET],
  KRATOS_ADMIN_URL: 'https://kratos-admin.example.test',
  KRATOS_ADMIN_API_KEY: API_KEY,
};

/** The gate with every route of the session API that Kratos has. */
export function startKratosApi({
  vars,
  bindings,
  ...options
}: StartGateOptions = {}): Promise<RunningGate> {
  return startGate({
    ...options,
    vars: { ...ADMIN_VARS, ...vars },
    bindings: { KRATOS_ADMIN: { type: 'worker', worker: 'kratos' }, ...bindings },
  });
}

/** The service account of the Keycard stand-in. */
const SERVICE_ACCOUNT = {
  KEYCARD_CLIENT_ID: 'postern',
  KEYCARD_CLIENT_SECRET: 'standin-client-secret',
};

/** The Keycard stand-in, with what its tests change and look at. */
export interface KeycardStandin {
  readonly origin: string;
  control(settings: Readonly<Record<string, unknown>>): Promise<void>;
  reset(): Promise<void>;
  /** Answers show the named members and the id; other optional members in every second session. */
  createSession(
    members?: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown> & { id: string }>;
  /** As `createSession`; the id is one of the members that answers show in every second session. */
  createNamelessSession(
    members: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly id: string }>;
  /** No session is left, and the next one is the first. */
  forgetSessions(): Promise<void>;
  /** A bearer for `zone-1`, with which sessions can be changed, unless the scope says otherwise. */
  bearer(scope?: Partial<BearerScope> & { readonly isApiKey?: boolean }): Promise<string>;
  forgetBearers(): Promise<void>;
  counts(): Promise<Record<string, number>>;
  requests(): Promise<{ method: string; path: string; headers: [string, string][] }[]>;
  clearCalls(): Promise<void>;
}

export interface KeycardApi extends AsyncDisposable {
  readonly gate: RunningGate;
  readonly keycard: KeycardStandin;
}

/** The gate with Keycard's routes, called for guarded callers by a service account unless left out. */
export async function startKeycardApi({
  hasServiceAccount = true,
  vars = {},
}: {
  readonly hasServiceAccount?: boolean;
  /** `undefined` removes a variable. */
  readonly vars?: Readonly<Record<string, Json | undefined>>;
} = {}): Promise<KeycardApi> {
  const standin = await startStandin('keycard');
  const gate = await startGate({
    vars: {
      ADMIN_SECRETS: [ADMIN_SECRET],
      KEYCARD_API_URL: standin.origin,
      KEYCARD_ZONES: ['zone-1', 'zone-2'],
      ...(hasServiceAccount ? SERVICE_ACCOUNT : {}),
      ...vars,
    },
  });
  return {
    gate,
    keycard: keycardStandin(standin),
    async [Symbol.asyncDispose]() {
      await gate.dispose();
      await standin.stop();
    },
  };
}

/** A handle on a running Keycard stand-in. */
export function keycardStandin({ origin }: Pick<RunningStandin, 'origin'>): KeycardStandin {
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${origin}/.standin/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    origin,
    control: (settings) => call('POST', 'session-control', settings),
    reset: () => call('DELETE', 'session-control'),
    createSession: (members = {}) =>
      call('POST', 'sessions', { id: crypto.randomUUID(), ...members }),
    createNamelessSession: (members) => call('POST', 'sessions', members),
    forgetSessions: () => call('DELETE', 'sessions'),
    bearer: async (scope = {}) => (await call('POST', 'bearers', scope)).bearer,
    forgetBearers: () => call('DELETE', 'bearers'),
    counts: async () => (await call('GET', 'session-calls')).counts,
    requests: async () => (await call('GET', 'session-calls')).requests,
    clearCalls: () => call('DELETE', 'session-calls'),
  };
}

/** An answer as far as it is compared with another. */
export interface Seen {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string | null>;
}

const COMPARED = [
  'content-type',
  'ory-error-id',
  'x-total-count',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-limit',
];

/** Status, body and the headers that say something, of one request. */
export async function see(url: string, init: RequestInit = {}): Promise<Seen> {
  const response = await fetchAs(url, init);
  const text = await response.text();
  const headers = Object.fromEntries(COMPARED.map((name) => [name, response.headers.get(name)]));
  return { status: response.status, body: parse(text), headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The built gate in two isolates of one workerd and in a third in another process, over one log and one session store. */

import { randomUUID } from 'node:crypto';
import { fetchAs } from '../gateway/session-api/fetch-as.ts';
import {
  ADMIN_VARS,
  type KeycardStandin,
  keycardStandin,
} from '../gateway/session-api/start-session-api.ts';
import type { KnownSession } from '../gateway/session-changes/site.ts';
import { createEventSigner, type EventSigner } from '../support/event-signer.ts';
import type { Vars } from '../support/gate-options.ts';
import type { Json } from '../support/runtime-worker.ts';
import type { NewSession } from '../support/standin-control.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

export const ISSUER = 'https://auth.example.test/';
export const AUDIENCE = 'postern';
export const WEBHOOK_SECRET = 'a secret that only the test and the gate know';
export const WEBHOOK_API_KEY = 'a-key-for-senders-that-cannot-sign';
export const STORE_TIMEOUT_MS = 2000;

export interface Deployment extends AsyncDisposable {
  /** The workerd with two isolates, and the one with a third. */
  readonly runtimes: readonly [RunningGate, RunningGate];
  readonly keycard: KeycardStandin;
  readonly signer: EventSigner;
  /** Number of isolates. */
  readonly isolates: number;
  send(path: string, init: RequestInit | undefined, isolate: number): Promise<Response>;
  /** A session of the store, with a JWT of it. */
  signIn(options?: NewSession): Promise<KnownSession>;
  /** Unix seconds as the isolates see them. */
  now(): number;
}

export async function startDeployment(): Promise<Deployment> {
  const signer = await createEventSigner('k1');
  const common = { services: 'http', kv: 'faulty', location: 'cache' } as const;
  const first = await startGate({
    ...common,
    isolates: 2,
    log: 'faulty',
    vars: ({ kratos, keycard }) => varsOf({ signer, kratos, keycard }),
  });
  const [kratos, keycard] = [first.kratos.url, first.keycard.url];
  const second = await startGate({
    ...common,
    log: { url: first.logUrl ?? '' },
    vars: varsOf({ signer, kratos, keycard }),
  });
  await first.kratos.control({ revokesAfter: ['login', 'settings', 'recovery'] });
  // Past the head start of a new log; from here on both keep real time.
  await Promise.all([first, second].map(({ clock }) => clock.advance(120_000)));
  const sockets = [...first.gates, ...second.gates];
  const now = () => Math.floor(first.clock.now() / 1000);
  return {
    runtimes: [first, second],
    keycard: keycardStandin({ origin: keycard }),
    signer,
    isolates: sockets.length,
    send: (path, init, isolate) => fetchAs(`${sockets[isolate]?.url}${path}`, init),
    async signIn({ identityId = randomUUID(), ...options } = {}) {
      const session = await first.kratos.createSession({ identityId, ...options });
      const iat = now() - 2;
      const ids = { sub: identityId, sid: session.id, jti: randomUUID() };
      const claims = { iss: ISSUER, aud: AUDIENCE, ...ids, iat, nbf: iat, exp: iat + 3600 };
      const jwt = await signer.sign(claims, { typ: 'JWT' });
      return { ...session, identityId, jwt };
    },
    now,
    async [Symbol.asyncDispose]() {
      await second.dispose();
      await first.dispose();
    },
  };
}

interface Dependencies {
  readonly signer: EventSigner;
  readonly kratos: string;
  readonly keycard: string;
}

function varsOf({ signer, kratos, keycard }: Dependencies): Vars {
  const kratosTokens: Json = {
    issuer: ISSUER,
    preset: 'kratos',
    audience: AUDIENCE,
    algorithms: ['ES256'],
    keys: { keys: [{ ...signer.publicJwk } as Json] }, // a JWK is JSON
    event_audience: [AUDIENCE],
  };
  const keycardTokens: Json = {
    issuer: keycard,
    preset: 'keycard',
    audience: AUDIENCE,
    algorithms: ['RS256'],
    discovery: true,
  };
  return {
    ...ADMIN_VARS,
    KRATOS_PUBLIC_URL: kratos,
    KRATOS_ADMIN_URL: kratos,
    SELF_SERVICE: true,
    SIGN_IN_ENDS_SESSIONS: true,
    STORE_TIMEOUT_MS,
    WEBHOOK_SECRETS: [WEBHOOK_SECRET],
    WEBHOOK_API_KEYS: [WEBHOOK_API_KEY],
    KEYCARD_API_URL: keycard,
    KEYCARD_ZONES: ['zone-1'],
    KEYCARD_CLIENT_ID: 'postern',
    KEYCARD_CLIENT_SECRET: 'standin-client-secret',
    ISSUERS: [kratosTokens, keycardTokens],
  };
}

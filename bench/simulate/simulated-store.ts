import type { Credential } from '../../src/credentials/credential.ts';
import { readKratosSession } from '../../src/providers/kratos/kratos-session.ts';
import type { SessionStore, StoreAnswer } from '../../src/providers/session-store.ts';
import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

const NO_SESSION: StoreAnswer = { kind: 'no-session', body: undefined };
/** Time that the store itself takes: the median, and the spread of the logarithm. */
const SERVICE_MS = [8, 0.5] as const;
const LIVES_MS = 7 * 86_400_000;

/** A session store at one place, called over the network: every known session is valid until its revocation. */
export class SimulatedStore {
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #onCheck: (session: number) => void;
  readonly #answers = new Map<number, StoreAnswer>();
  readonly #revoked = new Set<number>();

  constructor(time: SimulatedTime, random: Random, onCheck: (session: number) => void) {
    this.#time = time;
    this.#random = random;
    this.#onCheck = onCheck;
  }

  /** The store as it is reached from somewhere. */
  from(roundTripMs: number): SessionStore {
    return {
      id: 'https://auth.example.com',
      check: (credential) => this.#check(sessionOf(credential), roundTripMs),
      readiness: async () => {
        await this.#time.sleep(roundTripMs);
        return 'ready';
      },
    };
  }

  revoke(session: number): void {
    this.#revoked.add(session);
  }

  async #check(session: number, roundTripMs: number): Promise<StoreAnswer> {
    this.#onCheck(session);
    await this.#time.sleep(Math.round(roundTripMs / 2));
    const answer = this.#revoked.has(session) ? NO_SESSION : this.#answerFor(session);
    const serviceMs = this.#random.logNormal(...SERVICE_MS);
    await this.#time.sleep(Math.round(roundTripMs / 2 + serviceMs));
    return answer;
  }

  #answerFor(session: number): StoreAnswer {
    const known = this.#answers.get(session);
    if (known !== undefined) return known;
    const body = documentOf(session, this.#time.now() + LIVES_MS);
    const read = readKratosSession(body, 'https://kratos.example/');
    if (read.kind !== 'active') throw new Error('the simulated store made no active session');
    const answer: StoreAnswer = {
      kind: 'session',
      session: read.session,
      body,
      setCookies: [],
      cacheForSeconds: undefined,
    };
    this.#answers.set(session, answer);
    return answer;
  }
}

const PREFIX = 'ory_st_simulated_session_';

export function credentialOf(session: number): Credential {
  return {
    carrier: { kind: 'session-token-header' },
    value: `${PREFIX}${session}`,
  };
}

export function sessionIdOf(session: number): string {
  return `00000000-0000-4000-8000-${session.toString(16).padStart(12, '0')}`;
}

function sessionOf({ value }: Credential): number {
  return Number(value.slice(PREFIX.length));
}

/** About 1 KiB, as Kratos's own are. */
function documentOf(session: number, expiresAt: number): string {
  return JSON.stringify({
    id: sessionIdOf(session),
    active: true,
    expires_at: new Date(expiresAt).toISOString(),
    authenticated_at: '2026-01-01T00:00:00Z',
    authenticator_assurance_level: 'aal1',
    authentication_methods: [
      { method: 'password', aal: 'aal1', completed_at: '2026-01-01T00:00:00Z' },
    ],
    issued_at: '2026-01-01T00:00:00Z',
    identity: {
      id: `11111111-0000-4000-8000-${session.toString(16).padStart(12, '0')}`,
      schema_id: 'default',
      schema_url: 'https://auth.example.com/schemas/ZGVmYXVsdA',
      state: 'active',
      traits: { email: `person-${session}@example.com`, name: { first: 'Ada', last: 'Example' } },
      metadata_public: { roles: ['staff'], filler: 'x'.repeat(200) },
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
    },
    devices: [{ id: '0a4b9c1e-9a36-4b7d-8c52-5f0f6d1c2b3a', ip_address: '192.0.2.1' }],
  });
}

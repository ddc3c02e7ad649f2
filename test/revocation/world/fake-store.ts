import type { Credential } from '../../../src/credentials/credential.ts';
import type { Readiness, SessionStore, StoreAnswer } from '../../../src/providers/session-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Delay of one call on its way there and back, and whether it arrives. */
export interface Journey {
  readonly thereMs: number;
  readonly backMs: number;
  readonly isLost: boolean;
}

const EXPIRES_AT = 10_000_000_000_000;

/** A session store at a distance: what it says was true when the question arrived, not when the answer does. */
export class FakeStore implements SessionStore {
  readonly id = 'https://store.test';
  readonly #time: VirtualTime;
  readonly #journey: () => Journey;
  readonly #timeoutMs: number;
  /** Session to when it was revoked. */
  readonly #revoked = new Set<string>();

  constructor(time: VirtualTime, journey: () => Journey, timeoutMs: number) {
    this.#time = time;
    this.#journey = journey;
    this.#timeoutMs = timeoutMs;
  }

  async check({ value }: Credential): Promise<StoreAnswer> {
    const sessionId = sessionOf(value);
    const isGood = await this.#call(this.#journey, () => !this.#revoked.has(sessionId));
    if (isGood === undefined) {
      return {
        kind: 'fault',
        scope: 'store',
        detail: 'store-timeout',
        retryAfterSeconds: undefined,
      };
    }
    if (!isGood) return { kind: 'no-session', body: undefined };
    const document = {
      id: sessionId,
      active: true,
      expires_at: new Date(EXPIRES_AT).toISOString(),
      identity: { id: identityOf(sessionId) },
    };
    const identity = { id: identityOf(sessionId) };
    const session = { id: sessionId, identity, expiresAt: EXPIRES_AT, document };
    const body = JSON.stringify(document);
    return { kind: 'session', session, body, setCookies: [], cacheForSeconds: undefined };
  }

  async readiness(): Promise<Readiness> {
    return (await this.#call(this.#journey, () => 'ready' as const)) ?? 'not-ready';
  }

  /**
   * The revoking client is near the store; isolates may be far.
   *
   * @returns whether the caller got the answer; the revocation may be done without one
   */
  async revoke(sessionIds: readonly string[]): Promise<boolean> {
    const near = () => ({ ...this.#journey(), thereMs: 20, backMs: 20 });
    const isDone = await this.#call(near, () => {
      for (const sessionId of sessionIds) this.#revoked.add(sessionId);
      return true;
    });
    return isDone ?? false;
  }

  /** Ends sessions in the store directly, at once. */
  end(sessionIds: readonly string[]): void {
    for (const sessionId of sessionIds) this.#revoked.add(sessionId);
  }

  async #call<Value>(journey: () => Journey, act: () => Value): Promise<Value | undefined> {
    const { thereMs, backMs, isLost } = journey();
    if (thereMs + backMs > this.#timeoutMs || isLost) {
      // The call may arrive all the same; its caller has stopped waiting.
      if (!isLost) this.#time.schedule(act, thereMs);
      await this.#time.sleep(Math.min(this.#timeoutMs, isLost ? thereMs : this.#timeoutMs));
      return undefined;
    }
    await this.#time.sleep(thereMs);
    const value = act();
    await this.#time.sleep(backMs);
    return value;
  }
}

/** Credentials are `<session>.<number of the credential>` and then filling. */
export function sessionOf(credentialValue: string): string {
  return credentialValue.split('.')[0] ?? '';
}

/** Sessions are `<identity>-<number of the session>`. */
export function identityOf(sessionId: string): string {
  return sessionId.split('-')[0] ?? '';
}

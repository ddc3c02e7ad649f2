import type { Credential } from '../../../src/credentials/credential.ts';
import type { SessionStore, StoreAnswer } from '../../../src/providers/session-store.ts';
import { noCounts } from '../../../src/revocation/isolate-counts.ts';
import type { RevocationLogStub } from '../../../src/revocation/log-protocol.ts';
import { createRevocation } from '../../../src/revocation/revocation.ts';
import { RevocationTable } from '../../../src/revocation/revocation-table.ts';
import { success } from '../../../src/runtime/result.ts';
import { ChangeMaker } from '../../../src/session-changes/change-maker.ts';
import { endingUnlessRefused } from '../../../src/session-changes/session-change.ts';
import { NO_REQUIREMENT } from '../../../src/sessions/freshness.ts';
import { Sessions } from '../../../src/sessions/sessions.ts';
import { StoreReadiness } from '../../../src/sessions/store-readiness.ts';
import { createTestTiers } from '../../support/shared-tiers.ts';
import { installInstantCrypto } from './instant-crypto.ts';
import { Random } from './random.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { settle } from './virtual-time.ts';

const START = 1_700_000_000_000;

/** Steps that wait until they are released, in any order. */
class Steps {
  readonly #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets one of those that wait go on; whether there was one. */
  release(random: Random): boolean {
    const [go] = this.#waiting.splice(random.upTo(this.#waiting.length), 1);
    go?.();
    return go !== undefined;
  }
}

/**
 * One session, asked for and revoked at once: every step on the way (each half of each call to the store and to the
 * log) happens in the order that the seed draws.
 *
 * @returns what a request is told that comes after all of that
 */
export async function interleave(seed: number): Promise<string> {
  using _crypto = installInstantCrypto();
  const random = new Random(seed);
  const steps = new Steps();
  let isRevoked = false;
  let now = START + 120_000;
  const core = new RevocationTable(sqliteStorage(), () => START);
  const far = async <Value>(act: () => Value): Promise<Value> => {
    await steps.wait();
    const value = act();
    await steps.wait();
    return value;
  };
  const stub: RevocationLogStub = {
    read: (cursor) => far(() => core.read(cursor)),
    append: (marks, options) => far(() => core.append(marks, options)),
  };
  const store: SessionStore = {
    id: 'https://store.test',
    readiness: async () => 'ready',
    check: () => far(() => answer(!isRevoked)),
  };
  const { view, writer } = createRevocation({
    openLog: () => stub,
    lagMs: 5000,
    checkLifeMs: 420_000,
    tokenLifeMs: 0,
    maxMarks: 1000,
    now: () => now,
    report: () => {},
  });
  const sessions = new Sessions({
    store,
    readiness: new StoreReadiness({ store, now: () => now, report: () => {} }),
    shared: createTestTiers({ issuer: 'https://auth.example.test/', now: () => now }),
    revocation: view,
    lifetimes: { freshSeconds: 30, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 300 },
    memoryLimits: { maxEntries: 10, maxBytes: 100_000 },
    storeTimeoutMs: 9000,
    counts: noCounts(),
    report: () => {},
    now: () => now,
  });
  const terms = [CREDENTIAL, NO_REQUIREMENT, () => {}] as const;
  const ask = async () => sessions.recall(...terms) ?? sessions.resolve(...terms);
  const isHot = random.chance(0.5);
  if (isHot) await drain(ask(), steps, random);
  const subject = { kind: 'session', sessionId: 's' } as const;
  const revoke = () =>
    new ChangeMaker({ writer, report: () => {} }).make(
      {
        intent: { kind: 'known', about: [subject] },
        send: async () => {
          await far(() => {
            isRevoked = true;
          });
          return success(new Response(null, { status: 204 }));
        },
        conclude: endingUnlessRefused([subject]),
      },
      () => {},
    );
  const actions = [ask, revoke, ask];
  const running: Promise<unknown>[] = [];
  while (actions.length > 0) {
    if (random.chance(0.4)) {
      const [action] = actions.splice(random.upTo(actions.length), 1);
      if (action !== undefined) running.push(action());
    } else steps.release(random);
    await Promise.resolve();
    if (random.chance(0.5)) await settle();
  }
  await drain(Promise.all(running), steps, random);
  now += 1;
  return (await drain(ask(), steps, random)).outcome;
}

async function drain<Value>(work: Promise<Value>, steps: Steps, random: Random): Promise<Value> {
  const state = { isDone: false };
  const finished = work.finally(() => {
    state.isDone = true;
  });
  while (!state.isDone) {
    steps.release(random);
    await settle();
  }
  return finished;
}

const CREDENTIAL: Credential = {
  carrier: { kind: 'session-token-header' },
  value: 'x'.repeat(32),
};

function answer(isGood: boolean): StoreAnswer {
  if (!isGood) return { kind: 'no-session', body: undefined };
  const session = {
    id: 's',
    identity: { id: 'i' },
    expiresAt: START * 2,
    document: { id: 's' },
  };
  return { kind: 'session', session, body: '{}', setCookies: [], cacheForSeconds: undefined };
}

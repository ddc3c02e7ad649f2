import type { CredentialName } from '../credentials/credential-name.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { type ConfirmedAnswer, type ConfirmedRefusal, seekProof } from './confirmed-answer.ts';
import type { CacheRequirement } from './freshness.ts';
import type { RefusalWaves } from './refusal-waves.ts';
import type { CheckedSession, Resolution } from './resolution.ts';
import type { NamedCredential, RememberedRefusal, SessionMemory } from './session-memory.ts';
import type { StoreReadiness } from './store-readiness.ts';
import { refusalFromMemory, unknown } from './to-resolution.ts';

export interface RefusalsOptions {
  readonly memory: Pick<SessionMemory, 'readRefusal' | 'readDisplaced' | 'refuse'>;
  readonly readiness: Pick<StoreReadiness, 'find' | 'hasFailedSince'>;
  readonly waves: RefusalWaves;
  readonly now: () => number;
}

/** The look-up of one credential for one request. */
export interface Question extends NamedCredential {
  readonly requirement: CacheRequirement;
  readonly waitUntil: WaitUntil;
}

/** Remembers confirmed refusals, and decides whether each of them still counts. */
export class Refusals {
  readonly #options: RefusalsOptions;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** Notes that a refusal of a session has arrived that was known to be good. It may be part of a wave. */
  noteRefused({ session }: CheckedSession, arrivedAt: number): void {
    this.#options.waves.noteRefused(session.identity.id, arrivedAt);
  }

  /** Notes a person whose session the store confirms. */
  noteConfirmed(answer: ConfirmedAnswer): void {
    const { waves, now } = this.#options;
    if (answer.kind === 'session') waves.noteConfirmed(answer.session.identity.id, now());
  }

  /** The session that a refusal removed from memory, if that refusal was part of a wave. */
  displacedByWave(name: CredentialName): CheckedSession | undefined {
    const { memory, waves } = this.#options;
    const displaced = memory.readDisplaced(name);
    return displaced && waves.holds(displaced.refusedAt) ? displaced.checked : undefined;
  }

  /** Keeps the cookie of a refusal that may prove wrong: nothing brings a cleared cookie back. */
  keepCookieInDoubt(name: CredentialName, resolution: Resolution): Resolution {
    if (resolution.outcome !== 'not-signed-in' || !resolution.mayClearCookie) return resolution;
    const { memory, waves, now } = this.#options;
    const isDoubtful = waves.isDoubtful(now(), memory.readDisplaced(name)?.refusedAt);
    return isDoubtful ? { ...resolution, mayClearCookie: false } : resolution;
  }

  /** Answers from memory if the credential was refused recently enough for the request. */
  async recall(question: Question): Promise<Resolution | undefined> {
    const refusal = this.read(question.name, question.requirement.minCheckedAt);
    if (refusal === undefined) return undefined;
    const answer = await this.proveAsWanted(question, refusal, refusal.checkedAt);
    if (answer.kind !== 'no-session') return unknown('store-not-ready', undefined, 'stale');
    return refusalFromMemory({ ...refusal, ...answer }, this.#options.now());
  }

  /** Reads a remembered refusal. It no longer counts if the store was found failing after it. */
  read(name: CredentialName, minCheckedAt: number): RememberedRefusal | undefined {
    const { memory, readiness } = this.#options;
    const refusal = memory.readRefusal(name, minCheckedAt);
    if (refusal === undefined) return undefined;
    return readiness.hasFailedSince(refusal.arrived) ? undefined : refusal;
  }

  /**
   * Proves a refusal, if possible and if the request wants proof of a refused cookie. Otherwise returns it unchanged.
   */
  async proveAsWanted(
    question: Question,
    refusal: ConfirmedRefusal,
    checkedAt: number,
  ): Promise<ConfirmedAnswer> {
    const { credential, requirement, waitUntil } = question;
    if (requirement.wantsProof !== true || credential.carrier.kind !== 'cookie') return refusal;
    const { memory, readiness } = this.#options;
    const answer = await seekProof(refusal, readiness, waitUntil);
    if (answer !== refusal && answer.kind === 'no-session') {
      memory.refuse(question, { ...answer, checkedAt }, waitUntil);
    }
    return answer;
  }
}

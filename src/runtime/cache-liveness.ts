import type { Report } from './report.ts';

/** So many values written and none found, or so many failures in a row over some time: the cache keeps nothing. */
const EVIDENCE = 10;
/** Failures of a shorter time say nothing: one pause of the isolate makes all reads late that are under way. */
const FAILING_MS = 5000;
/** A value is visible to reads a few milliseconds after its write. */
const VISIBLE_AFTER_MS = 1000;
/** One read that is late says nothing. So many in a row are reported. */
const REPORTED_AFTER = 3;
const OFF_MS = 600_000;
/** After a value was found, the cache is not examined for this long. */
const PROVEN_MS = 600_000;

interface Written {
  readonly name: string;
  readonly at: number;
  /** The time from which the cache may drop it. */
  readonly until: number;
}

/**
 * Notices whether a cache keeps anything at all. It keeps nothing where no cache is configured, on workers.dev, and
 * behind Cloudflare Access: there a write succeeds, and no read finds the value. Such a cache is switched off for ten
 * minutes, with one line in the log.
 */
export class CacheLiveness {
  readonly #report: Report;
  readonly #now: () => number;
  #offUntil = -Infinity;
  #provenUntil = -Infinity;
  #failures = 0;
  #failingSince = 0;
  #written: Written[] = [];

  constructor({ report, now }: { readonly report: Report; readonly now: () => number }) {
    this.#report = report;
    this.#now = now;
  }

  isOff(): boolean {
    return this.#now() < this.#offUntil;
  }

  /** Notes that a read was answered, and whether it found a value. */
  noteAnswer(isFound: boolean): void {
    this.#failures = 0;
    if (!isFound) return;
    this.#written = [];
    this.#provenUntil = this.#now() + PROVEN_MS;
  }

  /** Notes an operation that failed, or a read that took too long. */
  noteFailure(operation: 'match' | 'late' | 'put' | 'delete'): void {
    if (this.#failures === 0) this.#failingSince = this.#now();
    this.#failures += 1;
    const isThrown = operation !== 'late';
    if (this.#failures === (isThrown ? 1 : REPORTED_AFTER)) {
      this.#report({ event: 'location-failure', operation });
    }
    const isLasting = this.#now() - this.#failingSince >= FAILING_MS;
    if (this.#failures >= EVIDENCE && isLasting) this.noteInert();
  }

  /** Notes that a value was removed: from now on it says nothing that no read finds it. */
  noteRemoved(name: string): void {
    this.#written = this.#written.filter((written) => written.name !== name);
  }

  /**
   * Notes a value that was written, with the time for which the cache should keep it.
   *
   * @returns the names of earlier values that have to be read now, to see whether the cache keeps any
   */
  notePut(name: string, seconds: number): readonly string[] {
    const now = this.#now();
    if (now < this.#provenUntil) return [];
    this.#written = this.#written.filter(({ until }) => now < until - VISIBLE_AFTER_MS);
    if (this.#written.length < EVIDENCE) {
      this.#written.push({ name, at: now, until: now + seconds * 1000 });
    }
    const isDue =
      this.#written.length === EVIDENCE &&
      this.#written.every(({ at }) => now - at >= VISIBLE_AFTER_MS);
    if (!isDue) return [];
    const names = this.#written.map((written) => written.name);
    this.#written = [];
    return names;
  }

  /** Switches the cache off. */
  noteInert(): void {
    if (this.isOff()) return;
    this.#written = [];
    this.#failures = 0;
    this.#offUntil = this.#now() + OFF_MS;
    this.#report({ event: 'location-inert', seconds: OFF_MS / 1000 });
  }
}

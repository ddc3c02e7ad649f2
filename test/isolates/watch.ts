/** Asks every isolate about a subject, over and over, and notes when it was still served. */

import type { Deployment } from './deployment.ts';
import type { Subject } from './revocation.ts';

/** An answer that served what was before the change. */
export interface Sighting {
  /** When its request was sent, in milliseconds of `performance.now()`. */
  readonly sentAt: number;
  readonly isolate: number;
  readonly subject: Subject['kind'];
  /** Whether the answer states that it is too old, or was not compared with the log. */
  readonly isLabelled: boolean;
  readonly cacheStatus: string;
}

/** When an isolate is asked next: milliseconds to wait after an answer that served, or did not serve, the subject. */
export interface Rhythm {
  pauseMs(isolate: number, wasServed: boolean): number;
  /** No isolate is left alone for longer. */
  readonly longestPauseMs: number;
}

/** Every few hundred milliseconds; what was refused is asked for more seldom, since it only has to stay refused. */
export const BUSY: Rhythm = {
  pauseMs: (_, wasServed) => (wasServed ? 250 + Math.random() * 300 : 900 + Math.random() * 600),
  longestPauseMs: 1500,
};

/** All questions for an isolate at once and then none, for nearly as long as a view of the log may be relied on. */
export function quiet(periodMs = 4600): Rhythm {
  const phases = [Math.random(), Math.random(), Math.random()].map((share) => share * periodMs);
  return {
    pauseMs: (isolate) => periodMs - ((performance.now() + (phases[isolate] ?? 0)) % periodMs),
    longestPauseMs: periodMs,
  };
}

/** One question: whether the isolate served the subject as it was before the change. */
export async function ask(
  deployment: Deployment,
  { headers, kind, isOld = () => true }: Subject,
  isolate: number,
): Promise<{ readonly status: number; readonly old?: Sighting }> {
  const sentAt = performance.now();
  const answer = await deployment.send('/sessions/whoami', { headers }, isolate);
  if (answer.status !== 200) return { status: answer.status };
  const body: unknown = await answer.json();
  if (!isOld(body)) return { status: 200 };
  const cacheStatus = answer.headers.get('cache-status') ?? '';
  const isLabelled = /fwd=stale|detail="?revocation-log/.test(cacheStatus);
  return { status: 200, old: { sentAt, isolate, subject: kind, isLabelled, cacheStatus } };
}

export interface Watch {
  readonly sightings: readonly Sighting[];
  /** Ends when every question has its answer. */
  stop(): Promise<void>;
}

/** Watches these subjects in every isolate, until it is stopped. */
export function watch(deployment: Deployment, subjects: readonly Subject[], rhythm: Rhythm): Watch {
  const sightings: Sighting[] = [];
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  const follow = async (subject: Subject, isolate: number) => {
    let wasServed = true;
    while (!isStopped) {
      await Promise.race([sleep(rhythm.pauseMs(isolate, wasServed)), stopped.promise]);
      if (isStopped) return;
      const { old } = await ask(deployment, subject, isolate);
      if (old !== undefined) sightings.push(old);
      wasServed = old !== undefined;
    }
  };
  const all = subjects.flatMap((subject) =>
    isolatesOf(deployment).map((it) => follow(subject, it)),
  );
  return {
    sightings,
    async stop() {
      isStopped = true;
      stopped.resolve();
      await Promise.all(all);
    },
  };
}

export function isolatesOf({ isolates }: Deployment): number[] {
  return Array.from({ length: isolates }, (_, index) => index);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { describe, expect, it } from 'vitest';
import { RefusalWaves } from '../../src/sessions/refusal-waves.ts';

const T = 1_700_000_000_000;

/** Waves under the default lifetimes, with the events that they report. */
function createWaves() {
  const events: string[] = [];
  const lifetimes = { freshSeconds: 30, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 300 };
  const waves = new RefusalWaves({ lifetimes, report: ({ event }) => void events.push(event) });
  return { waves, events };
}

describe('RefusalWaves', () => {
  it('holds the refusals of two people within two seconds, the first one too', () => {
    const { waves, events } = createWaves();
    waves.noteRefused('a', T);
    expect(waves.holds(T)).toBe(false);
    waves.noteRefused('b', T + 2000);
    expect([waves.holds(T), waves.holds(T + 2000)]).toEqual([true, true]);
    expect([waves.holds(T - 1), waves.holds(T + 2001)]).toEqual([false, false]);
    expect(events).toEqual(['refusal-wave']);
  });

  it('holds both refusals, whichever of them is noted first', () => {
    const { waves } = createWaves();
    waves.noteRefused('a', T + 1);
    waves.noteRefused('b', T);
    expect([waves.holds(T), waves.holds(T + 1)]).toEqual([true, true]);
  });

  it('holds nothing for one person, however many sessions end', () => {
    const { waves } = createWaves();
    for (let at = T; at < T + 1000; at += 100) waves.noteRefused('a', at);
    expect(waves.holds(T + 900)).toBe(false);
  });

  it('holds nothing for two people in two moments', () => {
    const { waves } = createWaves();
    waves.noteRefused('a', T);
    waves.noteRefused('b', T + 2001);
    expect(waves.holds(T + 2001)).toBe(false);
  });

  it('holds nothing while the store confirms more people than it refuses', () => {
    const { waves } = createWaves();
    for (const name of ['c', 'd', 'e']) waves.noteConfirmed(name, T);
    waves.noteRefused('a', T + 1);
    waves.noteRefused('b', T + 2);
    expect(waves.holds(T + 2)).toBe(false);
    waves.noteRefused('f', T + 3);
    expect(waves.holds(T + 2)).toBe(true);
  });

  it('is one wave for as long as refusals follow each other, and reports each wave once', () => {
    const { waves, events } = createWaves();
    for (let second = 0; second < 10; second += 1) {
      waves.noteRefused(String(second), T + second * 1000);
      waves.holds(T);
    }
    expect([waves.holds(T), waves.holds(T + 9000)]).toEqual([true, true]);
    expect(events).toHaveLength(1);
    waves.noteRefused('a', T + 100_000);
    waves.noteRefused('b', T + 100_001);
    expect(waves.holds(T + 100_000)).toBe(true);
    expect(events).toHaveLength(2);
  });

  it('keeps cookies right after a refusal, and for a minute after a wave', () => {
    const { waves } = createWaves();
    expect(waves.isDoubtful(T, undefined)).toBe(false);
    expect([waves.isDoubtful(T + 9999, T), waves.isDoubtful(T + 10_001, T)]).toEqual([true, false]);
    waves.noteRefused('a', T);
    waves.noteRefused('b', T);
    expect(waves.isDoubtful(T + 59_999, undefined)).toBe(true);
    expect(waves.isDoubtful(T + 60_000, undefined)).toBe(false);
  });

  it('counts at most a thousand people in a moment', () => {
    const { waves } = createWaves();
    const startedAt = performance.now();
    for (let person = 0; person < 20_000; person += 1) waves.noteConfirmed(String(person), T);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});

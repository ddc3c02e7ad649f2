import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BriefMemory } from '../../src/runtime/brief-memory.ts';

const T = 1_700_000_000_000;
const FOR_MS = 1000;

describe('BriefMemory', () => {
  it('keeps a value for as long as it is read now and then', () => {
    const memory = new BriefMemory<object, string>(FOR_MS);
    const key = {};
    memory.keep(key, 'a', T);
    for (let now = T; now < T + 20 * FOR_MS; now += FOR_MS - 1)
      expect(memory.read(key, now)).toBe('a');
  });

  it('forgets a value that was not read, while others are read', () => {
    const memory = new BriefMemory<object, string>(FOR_MS);
    const [idle, other] = [{}, {}];
    memory.keep(idle, 'a', T);
    for (let now = T; now <= T + 2 * FOR_MS; now += 100) memory.read(other, now);
    expect(memory.read(idle, T + 2 * FOR_MS)).toBeUndefined();
  });

  it('forgets everything after a long silence', () => {
    const memory = new BriefMemory<object, string>(FOR_MS);
    const key = {};
    memory.keep(key, 'a', T);
    expect(memory.read(key, T + 2 * FOR_MS)).toBeUndefined();
  });

  it('keeps a value although the clock is set back', () => {
    const memory = new BriefMemory<object, string>(FOR_MS);
    const key = {};
    memory.keep(key, 'a', T);
    expect(memory.read(key, T - 60_000)).toBe('a');
  });

  it('gives the value that was kept last, for its time without a read, and not for three times as long', () => {
    const steps = fc.array(
      fc.record({
        verb: fc.constantFrom('keep', 'read', 'read'),
        key: fc.integer({ min: 0, max: 3 }),
        afterMs: fc.integer({ min: 0, max: 1500 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const memory = new BriefMemory<object, number>(FOR_MS);
        const keys = [{}, {}, {}, {}];
        const known = new Map<number, { value: number; at: number }>();
        let now = T;
        for (const [value, { verb, key, afterMs }] of list.entries()) {
          now += afterMs;
          const object = keys[key] ?? {};
          const last = known.get(key);
          if (verb === 'keep') {
            memory.keep(object, value, now);
            known.set(key, { value, at: now });
            continue;
          }
          const read = memory.read(object, now);
          const idleMs = now - (last?.at ?? -Infinity);
          if (idleMs < FOR_MS) expect(read).toBe(last?.value);
          else if (idleMs >= 3 * FOR_MS) expect(read).toBeUndefined();
          else expect([last?.value, undefined]).toContain(read);
          if (read !== undefined) known.set(key, { value: read, at: now });
          else known.delete(key);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

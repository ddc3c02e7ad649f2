import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryTier } from '../../src/runtime/memory-cache.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;
const sumOf = (held: readonly (readonly [string, number])[]) =>
  held.reduce((sum, [, bytes]) => sum + bytes, 0);

describe('MemoryTier', () => {
  it('keeps and forgets entries', () => {
    const tier = new MemoryTier<number>({ maxEntries: 2, maxBytes: 100 });
    tier.keep('a', 1, 10);
    expect([tier.read('a'), tier.read('b'), tier.size, tier.bytes]).toEqual([1, undefined, 1, 10]);
    tier.forget('a');
    tier.forget('a');
    expect([tier.read('a'), tier.size, tier.bytes]).toEqual([undefined, 0, 0]);
  });

  it('drops the least recently used entries first, by number', () => {
    const tier = new MemoryTier<number>({ maxEntries: 2, maxBytes: 100 });
    tier.keep('a', 1, 1);
    tier.keep('b', 2, 1);
    tier.read('a');
    tier.keep('c', 3, 1);
    expect(['a', 'b', 'c'].map((name) => tier.read(name))).toEqual([1, undefined, 3]);
  });

  it('drops as many entries as necessary, by bytes', () => {
    const tier = new MemoryTier<number>({ maxEntries: 10, maxBytes: 30 });
    for (const [index, name] of ['a', 'b', 'c'].entries()) tier.keep(name, index, 10);
    tier.keep('d', 9, 25);
    expect([tier.size, tier.bytes, tier.read('d')]).toEqual([1, 25, 9]);
  });

  it('does not keep a value larger than the whole cache, and drops the replaced value', () => {
    const tier = new MemoryTier<number>({ maxEntries: 10, maxBytes: 30 });
    tier.keep('a', 1, 10);
    tier.keep('a', 2, 31);
    expect([tier.read('a'), tier.bytes]).toEqual([undefined, 0]);
  });

  it('holds the most recently used entries within its bounds, after any operations', () => {
    const operation = fc.record({
      verb: fc.constantFrom('keep', 'keep', 'keep', 'read', 'forget'),
      name: fc.constantFrom(...NAMES),
      bytes: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const tier = new MemoryTier<number>({ maxEntries: 4, maxBytes: 100 });
        let held: [name: string, bytes: number][] = []; // the expected entries, the least recently used first
        for (const { verb, name, bytes } of operations) {
          const known = held.find(([each]) => each === name);
          const others = held.filter((each) => each !== known);
          if (verb === 'keep') {
            tier.keep(name, bytes, bytes);
            held = [...others, [name, bytes]];
            while (held.length > 4 || sumOf(held) > 100) held = held.slice(1);
          } else if (verb === 'read') {
            expect(tier.read(name)).toBe(known?.[1]);
            held = known === undefined ? others : [...others, known];
          } else {
            tier.forget(name);
            held = others;
          }
          expect([tier.size, tier.bytes]).toEqual([held.length, sumOf(held)]);
        }
        for (const name of NAMES) {
          expect(tier.read(name)).toBe(held.find(([each]) => each === name)?.[1]);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

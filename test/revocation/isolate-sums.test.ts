import { describe, expect, it } from 'vitest';
import { noCounts } from '../../src/revocation/isolate-counts.ts';
import {
  createSumsSender,
  MAX_ISOLATES,
  NAME_LENGTH,
  SumsOfIsolates,
} from '../../src/revocation/isolate-sums.ts';
import { addUp, byLocation, readIsolates } from '../../src/routes/status/isolates.ts';

const T = 1_700_000_000_000;
const nameOf = (index: number) => String(index).padStart(NAME_LENGTH, '0');
const numbers = Object.keys(noCounts()).map(() => '7');
const sumsOf = (index: number) => [nameOf(index), 'FRA', '1000', ...numbers].join(' ');

describe('createSumsSender()', () => {
  it('gives the sums at most every ten seconds, also after the clock was set back', () => {
    let now = T;
    const send = createSumsSender({
      counts: noCounts(),
      location: 'FRA',
      random: () => 0.5,
      now: () => now,
    });
    const isDueAt = (at: number) => {
      now = at;
      return send() !== undefined;
    };
    expect([isDueAt(T), isDueAt(T + 9999), isDueAt(T + 10_000)]).toEqual([true, false, true]);
    expect([isDueAt(T - 60_000), isDueAt(T - 59_000)]).toEqual([true, false]);
  });

  it.each([0, 0.5, 1 - Number.EPSILON])(
    'names the isolate and its counts, which can be read (random %d)',
    (share) => {
      let now = T;
      const counts = noCounts();
      const send = createSumsSender({
        counts,
        location: 'FRA',
        random: () => share,
        now: () => now,
      });
      Object.assign(counts, { memory: 12, longestLagMs: 4321, overdue: 3 });
      now += 20_000;
      const sums = send() ?? expect.fail();
      const [isolate] = readIsolates([{ sums, sentMsAgo: 5 }]);
      expect(isolate).toMatchObject({ location: 'FRA', ageMs: 20_000, sentMsAgo: 5, counts });
      expect(isolate?.name).toHaveLength(NAME_LENGTH);
    },
  );
});

describe('SumsOfIsolates', () => {
  it('keeps the last sums of each isolate', () => {
    let now = T;
    const kept = new SumsOfIsolates(() => now);
    kept.take(sumsOf(1));
    kept.take(sumsOf(2));
    now += 1000;
    const newer = `${nameOf(1)} FRA 2000 ${numbers.join(' ')}`;
    kept.take(newer);
    now += 500;
    expect(kept.list()).toEqual([
      { sums: sumsOf(2), sentMsAgo: 1500 },
      { sums: newer, sentMsAgo: 500 },
    ]);
  });

  it('keeps a bounded number of isolates, and drops those that were silent for longest', () => {
    const kept = new SumsOfIsolates(() => T);
    for (let index = 0; index < MAX_ISOLATES + 50; index += 1) {
      kept.take(sumsOf(index));
      kept.take(sumsOf(0));
    }
    const names = kept.list().map(({ sums }) => sums.slice(0, NAME_LENGTH));
    expect(names).toHaveLength(MAX_ISOLATES);
    expect(names).toContain(nameOf(0));
    expect(names).not.toContain(nameOf(1));
  });

  it.each([
    ['nothing', undefined],
    ['an object', { isolate: 'a' }],
    ['a number', 12],
    ['a text that is too long', 'x'.repeat(401)],
  ])('ignores %s', (_, value) => {
    const kept = new SumsOfIsolates(() => T);
    kept.take(value);
    expect(kept.list()).toEqual([]);
  });
});

describe('readIsolates()', () => {
  it.each([
    ['text', 'something else'],
    ['markup', `<script> FRA 1 ${numbers.join(' ')}`],
    ['too few counts', sumsOf(1).slice(0, -2)],
    ['more counts, of a newer version', `${sumsOf(1)} 7`],
    ['a negative count', sumsOf(1).replace(/7$/, '-7')],
    ['another location', sumsOf(1).replace('FRA', 'fra')],
  ])('leaves out %s', (_, sums) => {
    expect(readIsolates([{ sums, sentMsAgo: 0 }])).toEqual([]);
    expect(readIsolates([{ sums: sumsOf(1), sentMsAgo: 0 }])).toHaveLength(1);
  });

  it('leaves out isolates that were silent for ten minutes', () => {
    expect(readIsolates([{ sums: sumsOf(1), sentMsAgo: 600_000 }])).toEqual([]);
    expect(readIsolates([{ sums: sumsOf(1), sentMsAgo: 599_999 }])).toHaveLength(1);
  });

  it('adds up by location, the busiest first; a lag is the longest and no sum', () => {
    const quiet = sumsOf(1).replace('FRA', 'SYD').replace(/ 7/g, ' 1');
    const kept = [quiet, sumsOf(2), sumsOf(3)].map((sums, index) => ({ sums, sentMsAgo: index }));
    const isolates = readIsolates(kept);
    expect(byLocation(isolates).map(([location, { isolates }]) => [location, isolates])).toEqual([
      ['FRA', 2],
      ['SYD', 1],
    ]);
    const { counts, sentMsAgo } = addUp(isolates);
    expect([counts.memory, counts.longestLagMs, sentMsAgo]).toEqual([15, 7, 0]);
  });
});

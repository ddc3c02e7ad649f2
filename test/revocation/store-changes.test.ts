import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreChanges } from '../../src/revocation/store-changes.ts';

const T = 1_700_000_000_000;
const LONG = 86_400_000;

/** Notes pages in the order of their arrival: [sent, arrived, age, unbroken for], in milliseconds, from T. */
function noted(...pages: readonly (readonly [number, number, number, number])[]): StoreChanges {
  const changes = new StoreChanges();
  for (const [sent, arrived, ageMs, unbrokenForMs] of pages) {
    changes.note({ ageMs, unbrokenForMs }, { sentAt: T + sent, arrivedAt: T + arrived });
  }
  return changes;
}

/** The end of the known changes for a check, in milliseconds from T. */
function until(changes: StoreChanges, checkedAt: number, now = 600_000): number | undefined {
  const found = changes.knownUntil(T + checkedAt, T + now);
  return found === undefined ? undefined : found - T;
}

describe('StoreChanges', () => {
  it('knows nothing before a watermark has come', () => {
    expect(until(new StoreChanges(), 0)).toBeUndefined();
  });

  it('counts the end from the sending of the read, and the beginning from the arrival of its page', () => {
    const changes = noted([100_000, 104_000, 1500, 50_000]);
    expect(until(changes, 55_000)).toBe(98_500);
    expect(until(changes, 54_999)).toBeUndefined(); // 104 s - 50 s, and a second for the clock of another isolate
  });

  it('knows the page that proves most, whichever came last', () => {
    const [early, late] = [
      [10_000, 14_000, 500, LONG] as const,
      [12_000, 12_100, 500, LONG] as const,
    ];
    expect(until(noted(early, late), 5000)).toBe(11_500);
    expect(until(noted(late, early), 5000)).toBe(11_500);
  });

  it('keeps what it knew after the channel has broken', () => {
    expect(until(noted([10_000, 10_100, 500, LONG]), 5000, 500_000)).toBe(9500);
  });

  it('confirms a check from before a break only by what was known before the break', () => {
    const changes = noted([10_000, 10_100, 500, LONG], [90_000, 90_100, 500, 30_000]);
    expect(until(changes, 5000)).toBe(9500);
    expect(until(changes, 50_000)).toBe(9500);
    expect(until(changes, 61_100)).toBe(89_500);
  });

  it('confirms a check from before a break in a channel that breaks again at once', () => {
    const changes = noted(
      [10_000, 10_100, 500, LONG],
      [20_000, 20_100, 500, 500], // its first poll
      [22_000, 22_100, 500, 500], // and the first after the next break
    );
    expect(until(changes, 5000)).toBe(9500);
  });

  it('knows nothing after the log was replaced', () => {
    const changes = noted([10_000, 10_100, 500, LONG], [90_000, 90_100, 500, 30_000]);
    changes.forget();
    expect([5000, 80_000].map((checkedAt) => until(changes, checkedAt))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['an hour', 3_600_000],
    ['ten seconds', 10_000],
  ])(
    'does not take a break back, because the clock of the log was set forward by %s',
    (_, stepMs) => {
      const changes = noted(
        [90_000, 90_100, 500, 30_000], // a break ended 60 s after T
        [92_000, 92_100, 500 + stepMs, 32_000 + stepMs], // this poll was sent before the clock was set
        [94_000, 94_100, 500, 34_000 + stepMs],
        [96_000, 96_100, 500, 36_000 + stepMs],
      );
      expect(until(changes, 52_000)).toBeUndefined();
      expect(until(changes, 61_100)).toBe(95_500);
    },
  );

  it('begins later when the channel has broken, also after the clock of the log was set forward', () => {
    const changes = noted(
      [10_000, 10_100, 500, 5000],
      [12_000, 12_100, 500, 3_607_000],
      [90_000, 90_100, 500, 10_000],
      [92_000, 92_100, 500, 12_000],
    );
    expect(until(changes, 61_100)).toBe(11_500); // as before the break
    expect(until(changes, 81_100)).toBe(91_500);
  });

  it('uses nothing that it would have learnt in the future, because the clock was set back', () => {
    const changes = noted([500_000, 500_100, 500, LONG]);
    expect(until(changes, 5000, 100_000)).toBeUndefined();
    changes.note(
      { ageMs: 500, unbrokenForMs: LONG },
      { sentAt: T + 100_000, arrivedAt: T + 100_100 },
    );
    expect(until(changes, 5000, 101_000)).toBe(99_500);
  });

  it('never claims a change that the log did not know, for any delays and breaks', () => {
    const milliseconds = (max: number) => fc.integer({ min: 0, max });
    const page = fc.record({
      sentAt: milliseconds(100_000),
      thereMs: milliseconds(5000),
      backMs: milliseconds(5000),
    });
    const run = fc.record({ from: milliseconds(100_000), lastsMs: milliseconds(60_000) });
    const property = fc.property(
      fc.array(page, { minLength: 1, maxLength: 10 }),
      fc.array(run, { minLength: 1, maxLength: 4 }),
      milliseconds(4000),
      milliseconds(120_000),
      (pages, runs, behindMs, checkedAt) => {
        const changes = new StoreChanges();
        const arrivals = pages.toSorted((a, b) => arrivalOf(a) - arrivalOf(b));
        for (const each of arrivals) {
          const answeredAt = each.sentAt + each.thereMs;
          const current = runs.find(({ from, lastsMs }) =>
            isWithin(answeredAt - behindMs, from, lastsMs),
          );
          if (current === undefined) continue; // the page has no watermark
          const watermark = { ageMs: behindMs, unbrokenForMs: answeredAt - current.from };
          changes.note(watermark, { sentAt: each.sentAt, arrivedAt: arrivalOf(each) });
        }
        const known = changes.knownUntil(checkedAt, 120_000);
        if (known === undefined || known <= checkedAt) return;
        // Truth: one run of the channel covers all of the time from the check to the end of the known changes.
        const covers = runs.some(
          ({ from, lastsMs }) =>
            isWithin(checkedAt, from, lastsMs) && isWithin(known, from, lastsMs),
        );
        expect(covers).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 5000 });
  });
});

const arrivalOf = (page: { sentAt: number; thereMs: number; backMs: number }) =>
  page.sentAt + page.thereMs + page.backMs;
const isWithin = (at: number, from: number, lastsMs: number) => from <= at && at <= from + lastsMs;

import { describe, expect, it } from 'vitest';
import { isAppendAnswer, isLogPage } from '../../src/revocation/log-answers.ts';

const MARK = { key: 's:a', position: 5, issuedBefore: 0, keepUntil: 9 };
const PAGE = { marks: [MARK], position: 5, hasMore: false };
const NO_RECORDS = [null, undefined, 'text', 7, true, [], {}];

describe('isLogPage()', () => {
  it('accepts a page as the log sends it, and an empty page of an empty log', () => {
    expect(isLogPage(PAGE, 0)).toBe(true);
    expect(isLogPage({ marks: [], position: 0, hasMore: false }, 0)).toBe(true);
    expect(isLogPage({ ...PAGE, position: 3 }, 4)).toBe(true); // of another log, which is behind
  });

  it('accepts a page with hasMore only if the page leads on', () => {
    const more = { ...PAGE, hasMore: true };
    expect([4, 5, 6].map((cursor) => isLogPage(more, cursor))).toEqual([true, false, false]);
  });

  it.each(NO_RECORDS)('refuses %j as a page', (value) => {
    expect(isLogPage(value, 0)).toBe(false);
  });

  it.each<unknown>(['5', -1, Number.NaN, Infinity, null, undefined])(
    'refuses a page with a time that is %j',
    (wrong) => {
      expect(isLogPage({ ...PAGE, position: wrong }, 0)).toBe(false);
      for (const name of ['position', 'issuedBefore', 'keepUntil']) {
        const marks = [MARK, { ...MARK, [name]: wrong }];
        expect([name, isLogPage({ ...PAGE, marks }, 0)]).toEqual([name, false]);
      }
    },
  );

  it.each([
    { ...PAGE, hasMore: 'no' },
    { ...PAGE, hasMore: undefined },
    { ...PAGE, marks: undefined },
    { ...PAGE, marks: { 0: MARK, length: 1 } },
    { ...PAGE, marks: [null] },
    { ...PAGE, marks: ['s:a'] },
    { ...PAGE, marks: [{ ...MARK, key: 7 }] },
    { ...PAGE, marks: [{ ...MARK, key: 'z:a' }] }, // of a kind that this version does not know
  ])('refuses %j', (page) => {
    expect(isLogPage(page, 0)).toBe(false);
  });
});

describe('isLogPage(), of the newest marks', () => {
  it('accepts the position after which the page has every mark, up to that of the page', () => {
    expect([0, 4, 5].map((after) => isLogPage({ ...PAGE, after }, 0))).toEqual([true, true, true]);
  });

  it.each([6, -1, Number.NaN, Infinity, '4', null])('refuses a page after %j', (after) => {
    expect(isLogPage({ ...PAGE, after }, 0)).toBe(false);
  });
});

describe('isLogPage(), of a watermark', () => {
  const withWatermark = (watermark: unknown) => isLogPage({ ...PAGE, watermark }, 0);

  it('accepts two durations, or no watermark', () => {
    expect(withWatermark({ ageMs: 0, unbrokenForMs: 0 })).toBe(true);
    expect(withWatermark({ ageMs: 1030, unbrokenForMs: 86_400_000 })).toBe(true);
    expect(withWatermark(undefined)).toBe(true);
  });

  it.each([
    null,
    1000,
    {},
    { ageMs: 0 },
    { unbrokenForMs: 0 },
    ...[-1, Number.NaN, Infinity, '5', null].flatMap((wrong) => [
      { ageMs: wrong, unbrokenForMs: 0 },
      { ageMs: 0, unbrokenForMs: wrong },
    ]),
  ])('refuses %j', (watermark) => {
    expect(withWatermark(watermark)).toBe(false);
  });
});

describe('isAppendAnswer()', () => {
  it('accepts the log’s answer to a writer', () => {
    expect(isAppendAnswer({ kind: 'repeated' }, 0)).toBe(true);
    expect(isAppendAnswer({ kind: 'recorded', page: PAGE }, 0)).toBe(true);
  });

  it.each([
    ...NO_RECORDS,
    { kind: 'other' },
    { kind: 'recorded' },
    { kind: 'recorded', page: { ...PAGE, position: -1 } },
    { kind: 'other', page: PAGE },
  ])('refuses %j', (value) => {
    expect(isAppendAnswer(value, 0)).toBe(false);
  });

  it('reads the page from the writer’s cursor', () => {
    const page = { ...PAGE, hasMore: true };
    expect([4, 5].map((cursor) => isAppendAnswer({ kind: 'recorded', page }, cursor))).toEqual([
      true,
      false,
    ]);
  });
});

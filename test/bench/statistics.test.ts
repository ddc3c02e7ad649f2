import { expect, test } from 'vitest';
import { median, percentile, ratios, rounded, spreadOf } from '../../bench/statistics.ts';

test('median() is the middle value in any order, and the mean of the middle two of an even number', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 100])).toBe(7);
  expect(median([])).toBeNaN();
});

test('median() leaves its input unchanged', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test('ratios() compares each value with the value of the same round', () => {
  expect(ratios([120, 240], [100, 200])).toEqual([1.2, 1.2]);
});

test('ratios() refuses values of different rounds', () => {
  expect(() => ratios([1, 2], [1])).toThrow('2 rounds cannot be compared with 1');
});

test('spreadOf() has the median, the lowest and the highest', () => {
  expect(spreadOf([3, 1, 8])).toEqual({ median: 3, min: 1, max: 8 });
});

test('rounded() keeps the given number of digits', () => {
  expect(rounded(1.2345, 2)).toBe(1.23);
  expect(rounded(1234.5678, 0)).toBe(1235);
});

test('percentile() is the smallest value with the given share of values at or below it', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

import type { Value } from '@bufbuild/cel-spec/cel/expr/value_pb.js';
import {
  getConformanceSuite,
  type IncrementalTestSuite,
} from '@bufbuild/cel-spec/testdata/tests.js';
import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, it } from 'vitest';

/** One sample of the specification's own suite, as far as it speaks of what JSON can hold. */
interface Sample {
  readonly name: string;
  readonly expression: string;
  readonly bindings: Readonly<Record<string, unknown>>;
  /** `ERROR`, or the value as comparable text. */
  readonly expected: string;
}

/** Protocol buffers, extension libraries and optional values are not of the language a rule is written in. */
const OUTSIDE =
  /TestAllTypes|google\.protobuf|NestedEnum|GlobalEnum|optional|\.\?|\[\?|cel\.|math\.|net\.|ip\(|cidr|strings\.|proto\.|base64|format\(|\.(?:charAt|indexOf|lastIndexOf|replace|split|substring|trim|join|lowerAscii|upperAscii|reverse)\(|transform|matches\(/;
/** Unsigned numbers and bytes do not come out of JSON either. */
const NOT_JSON = /\b\d+u\b|0x[0-9a-fA-F]+u|uint\(|\b[bB][rR]?['"]|\bbytes\(/;

/**
 * Cases in which the library gives another value than the specification, and no error. A session holds no such
 * values: they are whole numbers at the ends of 64 bits, times at the ends of history or finer than a millisecond,
 * keys of literal maps, and names within a container, which conditions lack.
 */
const KNOWN_DEVIATIONS: readonly string[] = [
  '/comparisons/gt_literal/not_gt_dyn_big_double_int',
  '/comparisons/gte_literal/gte_dyn_int_big_lossy_double',
  '/comparisons/lt_literal/not_lt_dyn_int_big_lossy_double',
  '/comparisons/lte_literal/lte_dyn_big_double_int',
  '/conversions/int/double_int_max_range',
  '/conversions/int/double_int_min_range',
  '/conversions/int/double_range',
  '/conversions/uint/double_uint_max_range',
  '/fields/qualified_identifier_resolution/map_key_float',
  '/fields/qualified_identifier_resolution/map_key_null',
  '/fields/qualified_identifier_resolution/map_value_repeat_key',
  '/integer_math/int64_math/int64_min_negate',
  '/integer_math/int64_math/int64_min_negate_div',
  '/namespace/namespace/self_eval_container_lookup',
  '/namespace/namespace/self_eval_container_lookup_unchecked',
  '/timestamps/duration_range/add_over',
  '/timestamps/duration_range/add_under',
  '/timestamps/duration_range/from_string_over',
  '/timestamps/duration_range/from_string_under',
  '/timestamps/duration_range/sub_over',
  '/timestamps/duration_range/sub_under',
  '/timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive',
  '/timestamps/timestamp_range/add_duration_nanos_over',
  '/timestamps/timestamp_range/add_duration_nanos_under',
  '/timestamps/timestamp_range/add_duration_over',
  '/timestamps/timestamp_range/add_duration_under',
  '/timestamps/timestamp_range/sub_time_duration_over',
  '/timestamps/timestamp_range/sub_time_duration_under',
];

describe('conditions and the specification', () => {
  const samples = [...walk(getConformanceSuite())];

  it('control: the suite of the specification is present', () => {
    expect(samples.length).toBeGreaterThan(600);
  });

  it('gives the value of CEL, or an error, which denies', () => {
    const wrong = samples.filter(({ expected, ...sample }) => {
      const given = evaluate(sample);
      return given !== expected && given !== 'ERROR';
    });
    expect(wrong.map(({ name }) => name).sort()).toEqual([...KNOWN_DEVIATIONS].sort());
  });

  it('gives an error for few expressions that have a value', () => {
    const refused = samples.filter(
      ({ expected, ...sample }) => expected !== 'ERROR' && evaluate(sample) === 'ERROR',
    );
    expect(refused.length / samples.length).toBeLessThan(0.15);
  });
});

function evaluate({ expression, bindings }: Omit<Sample, 'expected' | 'name'>): string {
  try {
    const environment = new Environment({
      unlistedVariablesAreDyn: true,
      homogeneousAggregateLiterals: false,
    });
    return comparable(environment.evaluate(expression, bindings));
  } catch {
    return 'ERROR';
  }
}

function* walk(suite: IncrementalTestSuite, path = ''): Generator<Sample> {
  for (const { original, name } of suite.tests) {
    const { expr, bindings, resultMatcher, checkOnly } = original;
    if (checkOnly || OUTSIDE.test(expr) || NOT_JSON.test(expr)) continue;
    const values = Object.entries(bindings).map(([key, { kind }]) => [
      key,
      kind.case === 'value' ? plain(kind.value) : UNREADABLE,
    ]);
    const expected =
      resultMatcher.case === 'value'
        ? plain(resultMatcher.value)
        : resultMatcher.case === undefined
          ? true
          : resultMatcher.case === 'evalError'
            ? ERROR
            : UNREADABLE;
    if ([expected, ...values.map(([, value]) => value)].includes(UNREADABLE)) continue;
    yield {
      name: `${path}/${name}`,
      expression: expr,
      bindings: Object.fromEntries(values),
      expected: expected === ERROR ? 'ERROR' : comparable(expected),
    };
  }
  for (const inner of suite.suites) yield* walk(inner, `${path}/${inner.name}`);
}

const UNREADABLE = Symbol('not of JSON');
const ERROR = Symbol('an error');

function plain({ kind }: Value): unknown {
  switch (kind.case) {
    case 'nullValue':
      return null;
    case 'boolValue':
    case 'stringValue':
    case 'int64Value':
    case 'doubleValue':
      return kind.value;
    case 'listValue': {
      const items = kind.value.values.map(plain);
      return items.includes(UNREADABLE) ? UNREADABLE : items;
    }
    case 'mapValue': {
      const entries = kind.value.entries.map(({ key, value }) => [
        key === undefined ? UNREADABLE : plain(key),
        value === undefined ? UNREADABLE : plain(value),
      ]);
      if (entries.flat().includes(UNREADABLE)) return UNREADABLE;
      return Object.fromEntries(entries.map(([key, value]) => [String(key), value]));
    }
    default:
      return UNREADABLE;
  }
}

function comparable(value: unknown): string {
  if (typeof value === 'bigint') return `int ${value}`;
  if (typeof value === 'number') return `double ${Object.is(value, -0) ? 0 : value}`;
  if (Array.isArray(value)) return `[${value.map(comparable).join()}]`;
  if (value instanceof Map) return comparable(Object.fromEntries(value));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]) => `${key}:${comparable(item)}`);
    return `{${entries.sort().join()}}`;
  }
  return JSON.stringify(value) ?? 'nothing';
}

// Pure: no I/O, no clock. One value in several cookies, because browsers keep 4096 bytes of a cookie (RFC 6265 section 6.1).
import { type CookiePair, mayBePlanted, readCookies } from '../http/cookies.ts';

/** The most cookies of one value. */
const MAX_PARTS = 3;
/** The longest part of the value in one cookie. Name and attributes take less than 200 bytes more. */
const MAX_PART_LENGTH = 3800;
/** The first cookie begins with the number of cookies, so that a part of an older value is never joined. */
const FIRST = /^([1-3])\.(.*)$/;

/** Returns the names of all cookies that may hold parts of a value. */
export function partNames(name: string): readonly string[] {
  return Array.from({ length: MAX_PARTS }, (_, index) => partName(name, index));
}

/** Splits a value into the values of its cookies, in the order of their names; `undefined` if it does not fit. */
export function splitValue(value: string): readonly string[] | undefined {
  const count = Math.ceil((value.length + 2) / MAX_PART_LENGTH);
  if (count > MAX_PARTS) return undefined;
  const whole = `${count}.${value}`;
  return Array.from({ length: count }, (_, index) =>
    whole.slice(index * MAX_PART_LENGTH, (index + 1) * MAX_PART_LENGTH),
  );
}

/** A value that the cookies of a request hold together. */
export interface JoinedValue {
  /** `undefined` if a part is missing, is there twice, or may come from another site. */
  readonly value: string | undefined;
  /** Names of the cookies in the request. */
  readonly names: readonly string[];
}

/** Joins the parts in a `Cookie` header; `undefined` if it has none of these cookies. */
export function joinValue(header: string | null, name: string): JoinedValue | undefined {
  if (header === null || !header.includes(name)) return undefined;
  const names = partNames(name);
  const pairs = readCookies(header, (each) => names.includes(each)).filter(
    (pair) => !mayBePlanted(pair),
  );
  if (pairs.length === 0) return undefined;
  return { value: joinPairs(pairs, names), names: [...new Set(pairs.map((pair) => pair.name))] };
}

function joinPairs(pairs: readonly CookiePair[], names: readonly string[]): string | undefined {
  if (new Set(pairs.map(({ name }) => name)).size !== pairs.length) return undefined;
  const parts = names.map((name) => pairs.find((pair) => pair.name === name)?.value);
  const [, count, beginning] = FIRST.exec(parts[0] ?? '') ?? [];
  if (count === undefined || beginning === undefined) return undefined;
  const rest = parts.slice(1, Number(count));
  return rest.includes(undefined) ? undefined : beginning + rest.join('');
}

function partName(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}

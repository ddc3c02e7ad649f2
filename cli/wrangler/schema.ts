/** Checks a wrangler file by the JSON schema that wrangler ships, in place of wrangler's own reader, which is slow to load. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { didYouMean } from '../spelling.ts';
import type { Path } from './positioned-document.ts';

/** A part of the schema, in the keywords of JSON Schema that it uses. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

interface WranglerSchema {
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** A part of a wrangler file with another shape than wrangler expects. */
export interface ShapeProblem {
  readonly path: Path;
  readonly text: string;
  /** Whether wrangler only warns: it ignores a name that it does not know. */
  readonly isIgnored: boolean;
}

const WRANGLER = dirname(createRequire(import.meta.url).resolve('wrangler/package.json'));

let read: WranglerSchema | undefined;

function schema(): WranglerSchema {
  read ??= JSON.parse(readFileSync(join(WRANGLER, 'config-schema.json'), 'utf8')) as WranglerSchema; // wrangler's file
  return read;
}

/** Returns the names that a wrangler file may have: at the top, or in an environment. */
export function knownNames(where: 'RawConfig' | 'RawEnvironment'): readonly string[] {
  return Object.keys(schema().definitions[where]?.properties ?? {});
}

/** Compares a whole file with the schema. Other environments than the one in use are not compared, as in wrangler. */
export function findShapeProblems(
  file: Readonly<Record<string, unknown>>,
  environment: string | undefined,
): ShapeProblem[] {
  const { RawConfig, RawEnvironment } = schema().definitions;
  const { env, ...top } = file;
  if (RawConfig === undefined || RawEnvironment === undefined) return [];
  const problems = [...compare(top, RawConfig, []), ...compareFormats(top, [])];
  if (environment === undefined) return problems;
  const [name, value] = [environment, (env as Record<string, unknown>)[environment]]; // the caller found it there
  const path = ['env', name];
  return [...problems, ...compare(value, RawEnvironment, path), ...compareFormats(value, path)];
}

/** Formats that wrangler asks for and the schema does not have. */
const FORMATS: Readonly<Record<string, { readonly pattern: RegExp; readonly expected: string }>> = {
  compatibility_date: { pattern: /^\d{4}-\d\d-\d\d$/, expected: 'a date such as "2026-10-20"' },
  name: {
    pattern: /^[a-z0-9_][a-z0-9_-]*$|^$/,
    expected: 'lower-case letters, digits, "-" and "_"',
  },
};

function compareFormats(fields: unknown, path: Path): ShapeProblem[] {
  const members = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
  return members.flatMap(([name, value]) => {
    const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
    if (format === undefined || typeof value !== 'string' || format.pattern.test(value)) return [];
    return [problem([...path, name], `expected ${format.expected}; got ${shown(value)}.`)];
  });
}

function compare(value: unknown, part: Schema, path: Path): ShapeProblem[] {
  if (part.$ref !== undefined) {
    const named = schema().definitions[decodeURIComponent(part.$ref.replace('#/definitions/', ''))];
    return named === undefined ? [] : compare(value, named, path);
  }
  if (part.anyOf !== undefined) return compareAny(value, part.anyOf, path);
  const isOne = (part.enum ?? [part.const]).includes(value);
  if ((part.enum !== undefined || part.const !== undefined) && !isOne) {
    const choices = (part.enum ?? [part.const]).map((each) => JSON.stringify(each));
    const near = typeof value === 'string' ? didYouMean(value, (part.enum ?? []).map(String)) : '';
    return [problem(path, `expected one of ${choices.join(', ')}; got ${shown(value)}.${near}`)];
  }
  const types = [part.type ?? []].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [problem(path, `expected ${types.map(named).join(' or ')}; got ${shown(value)}.`)];
  }
  if (Array.isArray(value)) {
    const { items } = part;
    return items === undefined
      ? []
      : value.flatMap((each, index) => compare(each, items, [...path, index]));
  }
  return typeof value === 'object' && value !== null ? compareMembers(value, part, path) : [];
}

function compareMembers(value: object, part: Schema, path: Path): ShapeProblem[] {
  const { properties = {}, required = [], additionalProperties: others } = part;
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => problem([...path, name], 'expected a value, it is required; got nothing.'));
  const members = Object.entries(value).flatMap(([name, member]) => {
    const expected = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (expected !== undefined) return compare(member, expected, [...path, name]);
    if (typeof others === 'object') return compare(member, others, [...path, name]);
    if (others !== false) return [];
    const near = didYouMean(name, Object.keys(properties));
    const text = `wrangler knows no such name here and ignores it.${near}`;
    return [{ ...problem([...path, name], text), isIgnored: true }];
  });
  return [...missing, ...members];
}

/** Returns no problem if one alternative fits; else those of the alternative that fits best. */
function compareAny(value: unknown, parts: readonly Schema[], path: Path): ShapeProblem[] {
  const found = parts.map((part) => compare(value, part, path));
  const [best = []] = found.toSorted((a, b) => weigh(a) - weigh(b));
  const isAtRoot = best.some((each) => each.path.length === path.length && !each.isIgnored);
  if (!isAtRoot) return best;
  const types = [...new Set(parts.flatMap((part) => [part.type ?? 'object'].flat()))];
  return [problem(path, `expected ${types.map(named).join(' or ')}; got ${shown(value)}.`)];
}

/** A value of the wrong type fits less than one with wrong members. */
function weigh(problems: readonly ShapeProblem[]): number {
  return problems.reduce((sum, { path, isIgnored }) => sum + (isIgnored ? 1 : 20 / path.length), 0);
}

function problem(path: Path, text: string): ShapeProblem {
  return { path, text, isIgnored: false };
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'null') return value === null;
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

const NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'a table',
  string: 'text',
};

function named(type: string): string {
  return NAMES[type] ?? type;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a table' : JSON.stringify(value);
}

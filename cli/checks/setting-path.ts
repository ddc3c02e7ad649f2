// Pure: no I/O, no clock.
import type { Path } from '../wrangler/positioned-document.ts';

/** Returns the value at a path. A text on the way is read as JSON, as settings are. `undefined`: there is none. */
export function resolvePath(value: unknown, path: Path): unknown {
  let found = value;
  for (const name of path) {
    const table = parsed(found);
    if (typeof table !== 'object' || table === null || !Object.hasOwn(table, name))
      return undefined;
    found = (table as Readonly<Record<string | number, unknown>>)[name]; // an own member of an object
  }
  return found;
}

/**
 * Splits a dotted path, whose names may contain dots themselves, along the members of a value:
 * `ISSUERS.0.session_fields.identity.traits.email`.
 */
export function splitPath(dotted: string, value: unknown): Path {
  const names = dotted.split('.');
  const path: (string | number)[] = [];
  let within = value;
  while (names.length > 0) {
    const table = parsed(within);
    const length = lengthOfName(names, table);
    const name = names.splice(0, length).join('.');
    path.push(Array.isArray(table) ? Number(name) : name);
    within = resolvePath(table, [name]);
  }
  return path;
}

function lengthOfName(names: readonly string[], table: unknown): number {
  if (typeof table !== 'object' || table === null) return 1;
  for (let length = names.length; length > 1; length -= 1) {
    if (Object.hasOwn(table, names.slice(0, length).join('.'))) return length;
  }
  return 1;
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

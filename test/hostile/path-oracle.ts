/** Readings of a raw request target by the habits of real servers. Independent of the gate's code. */

const HABITS: readonly ((path: string) => string)[] = [
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) =>
    path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => path.replace(/%c0%ae/gi, '.').replace(/%c0%af/gi, '/'),
  (path) =>
    path.replace(/%u00([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => path.split(/[\0#?]/, 1)[0] ?? '',
  climb,
];
const MAX_READINGS = 400;

/** Every path that applying these habits, in any order and any number of times, can make of a target. */
export function possiblePaths(target: string): ReadonlySet<string> {
  const found = new Set([target.split('?', 1)[0] ?? '']);
  for (const path of found) {
    if (found.size > MAX_READINGS) break;
    for (const habit of HABITS) found.add(habit(path));
  }
  return found;
}

/** Whether every reading of a target lies below `prefix`, which ends in a slash. */
export function isSurelyBelow(prefix: string, target: string): boolean {
  return [...possiblePaths(target)].every((path) => path.startsWith(prefix));
}

function climb(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

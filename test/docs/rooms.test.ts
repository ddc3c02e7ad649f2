import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';

/** The rooms of `src/`, bottom first: a file imports from its own room and from those before it (CONTRIBUTING.md). */
const ORDER = [
  'runtime',
  'session',
  'http',
  'credentials',
  'forwarding',
  'errors',
  'pages',
  'revocation',
  'outbox',
  'providers',
  'sessions',
  'tokens',
  'exchange',
  'sign-in',
  'rules',
  'config',
  'observability',
  'refusals',
  'session-changes',
  'routes',
  'app',
  'worker.ts',
  'package',
];

interface Arrow {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(inRepository('src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const arrows = files.flatMap((from) => importsOf(from).map((to): Arrow => ({ from, to })));

/** Files that a file imports, statically or on demand, types included; relative to `src/`. */
function importsOf(file: string): string[] {
  const { module } = parseSync(file, readFileSync(join(inRepository('src'), file), 'utf8'));
  const named = [...module.staticImports.map((one) => one.moduleRequest.value)];
  const exported = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
  );
  const source = readFileSync(join(inRepository('src'), file), 'utf8');
  const onDemand = module.dynamicImports.map(({ moduleRequest: { start, end } }) =>
    source.slice(start + 1, end - 1),
  );
  return [...named, ...exported, ...onDemand]
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.join(posix.dirname(file), name));
}

const roomOf = (file: string) => file.split('/')[0] ?? '';
const folderOf = (file: string) => posix.dirname(file);
const routeOf = (file: string) => file.split('/')[1] ?? '';
const crossing = arrows.filter(({ from, to }) => folderOf(from) !== folderOf(to));
const folderArrows = crossing.map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to) }));

/** Everything that can be reached from itself. */
function inCycles(links: readonly Arrow[]): string[] {
  const next = Map.groupBy(links, ({ from }) => from);
  const reaches = (start: string) => {
    const seen = new Set<string>();
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const { to } of next.get(at) ?? []) {
        if (to === start) return true;
        if (!seen.has(to)) waiting.push(to);
        seen.add(to);
      }
    }
    return false;
  };
  return [...next.keys()].filter(reaches);
}

describe('the rooms of src/', () => {
  it('control: imports are found', () => {
    expect(arrows.length).toBeGreaterThan(500);
    expect(arrows).toContainEqual({ from: 'worker.ts', to: 'app/start-gateway.ts' });
    expect(arrows).toContainEqual({
      from: 'rules/compile-condition.ts',
      to: 'rules/condition-language.ts',
    });
  });

  it('are all part of the order', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual([...ORDER].sort());
  });

  it('import only from lower rooms', () => {
    const upward = arrows.filter(
      ({ from, to }) => ORDER.indexOf(roomOf(from)) < ORDER.indexOf(roomOf(to)),
    );
    expect(upward).toEqual([]);
  });

  it('have no cycles of files or folders', () => {
    const twoWay = folderArrows.filter(({ from, to }) =>
      folderArrows.some((back) => back.from === to && back.to === from),
    );
    const folders = inCycles(folderArrows);
    console.log(
      `two-way pairs of folders: ${twoWay.length / 2}; folders in cycles: ${folders.length}`,
    );
    expect(twoWay).toEqual([]);
    expect(folders).toEqual([]);
    expect(inCycles(arrows)).toEqual([]);
  });

  it('of routes import services and no other route', () => {
    const between = arrows.filter(
      ({ from, to }) =>
        roomOf(from) === 'routes' && roomOf(to) === 'routes' && routeOf(from) !== routeOf(to),
    );
    console.log(`imports between routes: ${between.length}`);
    expect(between).toEqual([]);
  });

  it('see the configuration only in app/', () => {
    const seers = arrows.filter(
      ({ from, to }) => roomOf(to) === 'config' && !['config', 'app'].includes(roomOf(from)),
    );
    console.log(`imports of config/ from elsewhere: ${seers.length}`);
    expect(seers).toEqual([]);
  });
});

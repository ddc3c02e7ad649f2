import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { unstable_readConfig as readByWrangler } from 'wrangler';
import {
  NOT_INHERITED,
  readWranglerEnvironment,
  type WranglerEnvironment,
} from '../../cli/wrangler/environment.ts';
import { knownNames } from '../../cli/wrangler/schema.ts';
import { inRepository } from '../support/repository.ts';

vi.stubEnv('WRANGLER_LOG', 'none');
const folder = mkdtempSync(join(tmpdir(), 'postern-wrangler-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Table = Readonly<Record<string, unknown>>;

function write(text: string, name = 'wrangler.toml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function read(config: string, env?: string): WranglerEnvironment {
  const found = readWranglerEnvironment({ config, env });
  if (!found.ok) throw new Error(found.failure.join('\n'));
  return found.value;
}

function byWrangler(config: string, env?: string): Table | undefined {
  try {
    const found: object = readByWrangler({ config, ...(env !== undefined && { env }) });
    return { ...found };
  } catch {
    return undefined;
  }
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const { definitions }: { definitions: Readonly<Record<string, Schema>> } = JSON.parse(
  readFileSync(inRepository('node_modules/wrangler/config-schema.json'), 'utf8'),
);

/** A value of a part of wrangler's schema, with its required members. */
function sample(part: Schema, mark: string): unknown {
  if (part.$ref !== undefined) {
    return sample(definitions[part.$ref.replace('#/definitions/', '')] ?? {}, mark);
  }
  if (part.anyOf !== undefined) return sample(part.anyOf[0] ?? {}, mark);
  if (part.const !== undefined) return part.const;
  if (part.enum !== undefined) return part.enum[0];
  if (part.type === 'array') return [sample(part.items ?? {}, mark)];
  if (part.type !== 'object')
    return { string: mark, number: 1, integer: 1, boolean: true }[part.type ?? 'string'];
  const names = [...(part.required ?? []), ...(part.properties?.binding ? ['binding'] : [])];
  return Object.fromEntries(
    [...new Set(names)].map((name) => [
      name,
      sample(part.properties?.[name] ?? {}, `${mark}_${name}`),
    ]),
  );
}

/** Fields of which the schema alone makes no good value. */
const SAMPLES: Readonly<Record<string, (mark: string) => unknown>> = {
  assets: (mark) => ({ directory: `./${mark}`, binding: mark }),
  compatibility_date: () => '2026-01-01',
  durable_objects: (mark) => ({ bindings: [{ name: mark, class_name: mark }] }),
  vars: (mark) => ({ [mark]: { a: [1, 'two', { three: true }] } }),
  secrets: (mark) => ({ required: [mark] }),
  queues: (mark) => ({ producers: [{ binding: mark, queue: mark }] }),
  routes: (mark) => [
    `${mark}.example.com/*`,
    { pattern: `${mark}.example.com`, custom_domain: true },
  ],
  route: (mark) => `${mark}.example.com/*`,
  migrations: (mark) => [{ tag: mark, new_sqlite_classes: [mark] }],
  rules: (mark) => [{ type: 'ESModule', globs: [`**/${mark}`] }],
  unsafe: (mark) => ({ bindings: [{ name: mark, type: 'plain_text' }] }),
  logfwdr: (mark) => ({ bindings: [{ name: mark, destination: mark }] }),
};
const FIELDS = knownNames('RawEnvironment');
const sampleOf = (field: string, mark: string) =>
  SAMPLES[field]?.(mark) ?? sample(definitions.RawEnvironment?.properties?.[field] ?? {}, mark);

/** Fields that wrangler writes in another form: absolute paths, defaults added, or only for other commands. */
const REWRITTEN = ['main', 'base_dir', 'tsconfig', 'build', 'env', 'previews'];
const EMPTY = byWrangler(write('', 'empty.toml')) ?? {};

/** Expects each field as wrangler reads it; an absent one as wrangler's default. */
function expectSameFields(config: string, env?: string): void {
  const theirs = byWrangler(config, env);
  if (theirs === undefined) return;
  const ours: Table = { ...read(config, env).fields };
  for (const field of FIELDS.filter((name) => !REWRITTEN.includes(name))) {
    if (field === 'name' && ours.name !== theirs.name) {
      expect(theirs.name).toBe(`${ours.name}-${env}`);
      continue;
    }
    expect({ [field]: ours[field] ?? EMPTY[field] }).toEqual({ [field]: theirs[field] });
  }
}

const goodFields = FIELDS.filter(
  (field) =>
    !REWRITTEN.includes(field) &&
    byWrangler(write(JSON.stringify({ [field]: sampleOf(field, 'm') }), 'one.json')) !== undefined,
);

describe('readWranglerEnvironment()', () => {
  it('finds a value that wrangler accepts for almost every field of the schema', () => {
    expect(goodFields.length).toBeGreaterThan(60);
  });

  it.each(goodFields)('inherits %s as wrangler does', (field) => {
    const top = { [field]: sampleOf(field, 'top') };
    const path = write(JSON.stringify({ ...top, env: { e: {} } }), 'inherit.json');
    expectSameFields(path, 'e');
    const isInherited = (read(path, 'e').fields as Table)[field] !== undefined;
    expect(isInherited).toBe(!NOT_INHERITED.has(field));
  });

  it('reads random files and environments as wrangler does', { timeout: 120_000 }, () => {
    const some = fc.uniqueArray(fc.constantFrom(...goodFields), { maxLength: 12 });
    const parts = fc.record({ top: some, own: some, isNamed: fc.boolean() });
    fc.assert(
      fc.property(parts, ({ top, own, isNamed }) => {
        const fields = (names: string[], mark: string) =>
          Object.fromEntries(names.map((name) => [name, sampleOf(name, `${mark}_${name}`)]));
        const file = { name: 'gate', ...fields(top, 'top'), env: { e: fields(own, 'own') } };
        expectSameFields(write(JSON.stringify(file), 'random.json'), isNamed ? 'e' : undefined);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    'a = "\\e\\x41"',
    'vars.A = """\nx\\\n  y"""',
    "vars = { A = 'x',\n B = 0x1F, C = 1_000, D = +1.5e3, E = inf, F = false }",
    '[vars]\nA = 1\n[vars.B]\nC = [1, [2, "x"], {d = 1}]\n[[vars.L]]\nx = 1\n[[vars.L]]\nx = 2\n[vars.L.y]\nz = 3',
    '"vars".\'A b\' = 1\nvars."c.d" = 2',
    '[env.e]\nvars = {A = 1}\n[[env.e.kv_namespaces]]\nbinding = "S"\nid = "1"',
    '# only a comment\r\nname = "gate"\r\n',
    '\uFEFFname = "gate"',
    'vars = {A = 9007199254740991}',
  ])('reads the TOML %j as wrangler does', (text) => {
    const path = write(text);
    const theirs = byWrangler(path);
    expect(theirs).toBeDefined();
    expect(read(path).fields.vars ?? {}).toEqual(theirs?.vars);
    const found = byWrangler(path, 'e');
    if (text.includes('[env.e]')) expect(read(path, 'e').fields.vars).toEqual(found?.vars);
  });

  it.each([
    'a = [\n',
    'a = 1\na = 2',
    '[a]\n[a]',
    'a = 01',
    'a = "\\q"',
    'a = 1 b = 2',
    'a = {b = 1}\n[a.c]',
    'a = 9007199254740993',
    'a',
    '= 1',
    'a = "x',
    'a.b = 1\na = 2',
    'a = 2026-13-01',
  ])('refuses the TOML %j, as wrangler does, in three lines with the place', (text) => {
    const path = write(text);
    expect(byWrangler(path)).toBeUndefined();
    const found = readWranglerEnvironment({ config: path });
    expect(found.ok).toBe(false);
    if (found.ok) return;
    expect(found.failure).toHaveLength(3);
    expect(found.failure[0]).toMatch(/wrangler\.toml:\d+:\d+: /);
  });

  it.each(['{', '{"a": }', '[1]', '{"a": 1 "b": 2}', "{'a': 1}"])(
    'refuses the JSON %j in three lines with the place',
    (text) => {
      const found = readWranglerEnvironment({ config: write(text, 'bad.jsonc') });
      expect(found).toMatchObject({ ok: false, failure: { length: 3 } });
    },
  );

  it.each(goodFields)('refuses each wrong type in %s that wrangler refuses', (field) => {
    const path = join(folder, 'wrong.json');
    const refused = [
      7,
      'text',
      true,
      [],
      {},
      ['text'],
      [7],
      [{}],
      { binding: 7 },
      [{ binding: 7 }],
    ].filter((value) => {
      writeFileSync(path, JSON.stringify({ [field]: value }));
      return byWrangler(path) === undefined;
    });
    const accepted = refused.filter((value) => {
      writeFileSync(path, JSON.stringify({ [field]: value }));
      return read(path).shapeProblems.every(({ isIgnored }) => isIgnored);
    });
    expect(accepted).toEqual([]);
  });

  it('tells the position within the environment, also of what the environment lacks', () => {
    const text = 'workers_dev = false\n[vars]\nA = 1\n[env.e.vars]\nB = 2\n[env.none]\nname = "x"';
    const path = write(text);
    const line = (env: string, field: string, name: string) =>
      read(path, env).positionOf([field, name])?.line;
    expect([line('', 'vars', 'A'), line('e', 'vars', 'B'), line('none', 'vars', 'A')]).toEqual([
      3, 5, 6,
    ]);
    expect(read(path, 'none').positionOf(['workers_dev'])?.line).toBe(1);
  });

  it('finds the bindings of every kind by the name that the Worker sees', () => {
    const withBindings = goodFields.filter((field) =>
      /"binding"|"name"/.test(JSON.stringify(sampleOf(field, 'M'))),
    );
    const named = withBindings.map((field) => {
      const path = write(JSON.stringify({ [field]: sampleOf(field, 'M') }), 'bindings.json');
      return [field, read(path).bindings.map(({ name }) => name)];
    });
    // Fields whose entries name something else than a binding of the Worker.
    const noBindings = ['containers', 'dispatch', 'access'];
    for (const [field, names] of named) {
      if (!noBindings.includes(String(field)))
        expect([field, names]).toEqual([field, [expect.stringMatching(/^M/)]]);
    }
    expect(named.length).toBeGreaterThan(30);
  });
});

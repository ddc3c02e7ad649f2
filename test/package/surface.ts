/** Lists what users of the package depend on: entries, exported names, and the members of exported types. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { inRepository } from '../support/repository.ts';

/** The source of each entry in `exports` of package.json. */
const SOURCES: Readonly<Record<string, string>> = {
  '.': 'src/package/postern.ts',
  './hono': 'src/package/hono.ts',
  './origin': 'src/package/origin.ts',
  './testing': 'src/package/testing.ts',
};

interface Key {
  readonly type?: string;
  readonly name?: string;
}
interface Member {
  readonly type: string;
  readonly key?: Key;
  readonly optional?: boolean;
}
interface Declaration {
  readonly type: string;
  readonly id?: Key | null;
  readonly body?: { readonly body?: readonly Member[] };
  readonly declarations?: readonly { readonly id: Key }[];
}

/** Returns one line for each name, and one for each of its members. */
export function publicSurface(): string[] {
  const { exports, bin } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  const entries = Object.keys(exports).flatMap((entry) => {
    const source = SOURCES[entry];
    if (source === undefined) throw new Error(`SOURCES has no ${entry}`);
    const name = `postern${entry.slice(1)}`;
    return exportsOf(source).flatMap(({ name: exported, from }) => [
      `${name} ${exported}`,
      ...membersOf(exported, from).map((member) => `${name} ${exported}.${member}`),
    ]);
  });
  return [...entries, ...Object.keys(bin).map((name) => `program ${name}`)].sort();
}

interface Exported {
  readonly name: string;
  /** The file that declares it. */
  readonly from: string;
}

/** The names that a file exports. One that it imports is declared elsewhere. */
function exportsOf(file: string): Exported[] {
  const { module } = parseSync(file, readFileSync(inRepository(file), 'utf8'));
  const imported = new Map(
    module.staticImports.flatMap(({ moduleRequest, entries }) =>
      entries.map(({ localName }) => [localName.value, moduleRequest.value] as const),
    ),
  );
  return module.staticExports.flatMap(({ entries }) =>
    entries.map(({ exportName, localName }) => {
      const name = exportName.name ?? 'default';
      const origin = imported.get(localName.name ?? name);
      return { name, from: origin === undefined ? file : join(dirname(file), origin) };
    }),
  );
}

/** The public members of an exported interface or class; empty for other declarations, and for settings. */
function membersOf(name: string, file: string): string[] {
  if (file === 'src/package/settings.ts') return []; // docs/configuration.md lists them
  const { program } = parseSync(file, readFileSync(inRepository(file), 'utf8'));
  const statements = program.body as unknown as readonly (Declaration & {
    readonly declaration?: Declaration | null;
  })[]; // oxc's own types of statements are a large union
  const declared = statements
    .map((statement) => statement.declaration ?? statement)
    .find(({ id, type }) => id?.name === name && /Interface|Class/.test(type));
  const members = declared?.body?.body ?? [];
  return members
    .filter(({ key }) => key?.name !== undefined && key.type !== 'PrivateIdentifier')
    .map(({ key, optional }) => `${key?.name}${optional ? '?' : ''}`)
    .filter((member) => member !== 'constructor');
}

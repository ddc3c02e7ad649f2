/** Writes the TypeScript type of the settings from their schema, for those who give settings in code. */
import * as v from 'valibot';
import { SETTINGS } from '../src/config/settings.ts';
import { descriptionOf, MEMBER_SOURCES } from './setting-descriptions.ts';

/** The parts of a schema of valibot that decide about its type. */
interface Node {
  readonly kind: string;
  readonly type: string;
  readonly pipe?: readonly Node[];
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly value?: Node;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Node>>;
}

/** The names of the tables in settings that are lists. */
const TABLES: Readonly<Record<string, string>> = {
  RULES: 'RuleSetting',
  ISSUERS: 'IssuerSetting',
  ORIGINS: 'OriginSetting',
};
const LINE_LENGTH = 110;

/** Returns the text of `src/package/settings.ts`. */
export function settingsTypes(): string {
  const groups = Object.values(SETTINGS) as readonly Readonly<Record<string, Node>>[]; // schemas are such nodes
  const settings = Object.assign({}, ...groups) as Record<string, Node>; // as above
  const tables = Object.entries(TABLES).map(([setting, name]) => {
    const entries = find(settings[setting])?.entries ?? {};
    const text = members(entries, (member) => `${MEMBER_SOURCES[setting]} ${member}`);
    return `/** An item of \`${setting}\`. */\nexport interface ${name} {\n${text}}\n`;
  });
  return `// Generated from src/config by "npm run docs".

/** Postern's settings (docs/configuration.md), as code gives them. Numbers are numbers, lists are lists. */
export interface PosternSettings {
${members(settings, (name) => name, TABLES)}}

${tables.join('\n')}`;
}

function members(
  entries: Readonly<Record<string, Node>>,
  keyOf: (name: string) => string,
  tables: Readonly<Record<string, string>> = {},
): string {
  return Object.entries(entries)
    .map(([name, schema]) => {
      const isOptional = schema.type === 'optional';
      const table = tables[name];
      const type = table === undefined ? typeOf(schema) : tableType(schema, table);
      const end = isOptional ? `?: ${type} | undefined;` : `: ${type};`;
      return `${docblock(`${descriptionOf(keyOf(name))}${defaultOf(schema)}`)}  readonly ${name}${end}\n`;
    })
    .join('');
}

/** Returns the type of a list of tables, or of tables by name. */
function tableType(schema: Node, table: string): string {
  return typeOf(schema).startsWith('Readonly<Record<')
    ? `Readonly<Record<string, ${table}>>`
    : `readonly ${table}[]`;
}

function defaultOf(schema: Node): string {
  if (schema.type !== 'optional') return '';
  const value = v.getDefault(schema as unknown as v.OptionalSchema<v.GenericSchema, unknown>); // by its type
  return value === undefined ? '' : `\n@default ${JSON.stringify(value)}`;
}

function docblock(text: string): string {
  const lines = text.split('\n').flatMap((paragraph) => wrap(paragraph));
  return `  /**\n${lines.map((line) => `   * ${line}\n`).join('')}   */\n`;
}

function wrap(text: string): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= LINE_LENGTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** Returns the type of the values that a schema accepts in code; their spellings as text are left out. */
function typeOf(schema: Node | undefined): string {
  if (schema === undefined) return 'unknown';
  const { pipe = [] } = schema;
  const schemas = pipe.filter(({ kind }) => kind === 'schema');
  const last = schemas.at(-1); // text is parsed, and the parsed value has the last schema
  if (last !== undefined && schemas.length > 1) return typeOf(last);
  switch (schema.type) {
    case 'optional':
      return typeOf(schema.wrapped);
    case 'array':
      return `readonly ${grouped(typeOf(schema.item))}[]`;
    case 'picklist':
      return (schema.options ?? []).map(quoted).join(' | ');
    case 'literal':
      return quoted(schema.literal);
    case 'union':
      return unionOf((schema.options ?? []) as readonly Node[]); // of a union they are schemas
    case 'record':
      return `Readonly<Record<string, ${typeOf(schema.value)}>>`;
    case 'variant':
      return 'Readonly<Record<string, unknown>>';
    case 'object':
    case 'strict_object': {
      const entries = Object.entries(schema.entries ?? {}).map(
        ([name, member]) =>
          `readonly ${name}${member.type === 'optional' ? `?: ${typeOf(member)} | undefined` : `: ${typeOf(member)}`}`,
      );
      return `{ ${entries.join('; ')} }`;
    }
    case 'string':
    case 'number':
    case 'boolean':
    case 'unknown':
      return schema.type;
    default:
      throw new Error(`settings-types.ts: no type for a schema of the type ${schema.type}`);
  }
}

function unionOf(options: readonly Node[]): string {
  const types = options.map(typeOf);
  const isText = (type: string) => type === 'string' || type === "'true' | 'false'";
  const first = types[0];
  // A number and a switch may be text in an environment.
  if ((first === 'number' || first === 'boolean') && types.slice(1).every(isText)) return first;
  return types.join(' | ');
}

function grouped(type: string): string {
  return type.includes(' | ') ? `(${type})` : type;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

/** Finds the table inside of a list. */
function find(schema: Node | undefined): Node | undefined {
  if (schema === undefined || schema.entries !== undefined) return schema;
  const last = schema.pipe?.filter(({ kind }) => kind === 'schema').at(-1);
  return find(
    schema.wrapped ?? schema.item ?? schema.value ?? (last === schema ? undefined : last),
  );
}

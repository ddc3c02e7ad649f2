/**
 * Writes docs/configuration.md, and the type of the settings for the package, from the settings and the comments on them in
 * src/config; with --check, fails when one of them is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { BINDINGS } from '../src/config/bindings.ts';
import { SETTINGS } from '../src/config/settings.ts';
import { descriptionOf, MEMBER_SOURCES } from './setting-descriptions.ts';
import { settingsTypes } from './settings-types.ts';

const PAGE = 'docs/configuration.md';
const page = `${introduction()}\n${Object.entries(SETTINGS)
  .map(([heading, settings]) => section(heading, settings))
  .join('\n')}\n${bindings()}`;

const written = { [PAGE]: page, 'src/package/settings.ts': settingsTypes() };
for (const [file, text] of Object.entries(written)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(`${file} written`);
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${file} is out of date. Run "npm run docs" and commit the result.`);
    process.exitCode = 1;
  }
}

function introduction(): string {
  return `# Configuration

To configure Postern, set variables in \`wrangler.toml\`, and check them:

\`\`\`toml
[vars]
PUBLIC_URL = "https://app.example.com"
KRATOS_PUBLIC_URL = "https://auth.example.com"
ORIGIN_URL = "https://origin.example.com"
IDENTITY_HEADERS = { X-User-Id = "identity.id" }

[[vars.RULES]]
path = "/public/*"
session = "none"
\`\`\`

\`\`\`sh
npm run check-config
\`\`\`

Settings are variables of the Worker: \`[vars]\` in \`wrangler.toml\`, or secrets (\`npx wrangler secret put NAME\`). Numbers, lists and
tables may be TOML or JSON text; secrets are always text. Each isolate reads the settings once. With a wrong or
misspelt setting, Postern answers every request with 500, and the log names every wrong setting. A name is misspelt if it is one letter
from one of these, two in a name of 12 letters or more, and its value is one that the setting takes. All other names are the site's own.
The items of a list are counted from 0: \`RULES.0\` is the first. \`npm run check-config\` names the same errors before a
deployment. Terms are defined in the [glossary](glossary.md). This page is generated from \`src/config\`.
`;
}

function section(heading: string, settings: Readonly<Record<string, v.GenericSchema>>): string {
  return `## ${heading}\n\n${Object.entries(settings)
    .map(([name, schema]) => setting(name, schema))
    .join('\n')}`;
}

function setting(name: string, schema: v.GenericSchema): string {
  const facts = [defaultOf(schema), unitOf(schema)].filter((fact) => fact !== undefined);
  return `### \`${name}\`\n\n${descriptionOf(name)}\n\n${facts.join(' · ')}\n${membersOf(name, schema)}`;
}

function defaultOf(schema: v.GenericSchema): string {
  const optional = find(schema, 'optional');
  if (optional === undefined) return '**Required.**';
  const value = v.getDefault(optional as v.OptionalSchema<v.GenericSchema, unknown>);
  return value === undefined ? 'Optional.' : `Default: \`${JSON.stringify(value)}\`.`;
}

function unitOf(schema: v.GenericSchema): string | undefined {
  const { unit } = allMetadata(schema);
  return typeof unit === 'string' ? `Unit: ${unit}.` : undefined;
}

/** The members of a list or table of tables, such as RULES. */
function membersOf(setting: string, schema: v.GenericSchema): string {
  const table = find(schema, 'strict_object') as
    | { entries: Record<string, v.GenericSchema> }
    | undefined;
  if (table === undefined) return '';
  const rows = Object.entries(table.entries).map(([name, member]) => {
    const description = descriptionOf(`${MEMBER_SOURCES[setting]} ${name}`);
    return `| \`${name}\` | ${description} | ${defaultOf(member).replaceAll('**', '')} |`;
  });
  return `\n| member | meaning | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** The first schema of a kind inside another: through pipes, defaults, lists and tables. */
function find(schema: unknown, type: string): { type: string } | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const node = schema as {
    type?: string;
    pipe?: unknown[];
    wrapped?: unknown;
    item?: unknown;
    value?: unknown;
  };
  const parts = (node.pipe ?? []).filter((part) => part !== schema);
  const inner = [...parts, node.wrapped, node.item, node.value];
  if (node.type === type) return { ...node, type };
  for (const part of inner) {
    const found = part === schema ? undefined : find(part, type);
    if (found !== undefined) return found;
  }
  return undefined;
}

function allMetadata(schema: unknown): Record<string, unknown> {
  if (typeof schema !== 'object' || schema === null) return {};
  const node = schema as { type?: string; pipe?: unknown[]; wrapped?: unknown; metadata?: object };
  const own = node.type === 'metadata' ? node.metadata : {};
  const inner = [...(node.pipe ?? []).filter((part) => part !== schema), node.wrapped];
  return Object.assign({}, own, ...inner.map((part) => (part === schema ? {} : allMetadata(part))));
}

function bindings(): string {
  const rows = Object.entries(BINDINGS).map(
    ([name, kind]) => `| \`${name}\` | ${kind} | ${descriptionOf(name)} |`,
  );
  return `## Bindings\n\n| name | kind | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

/**
 * Makes a project from a template of the package.
 *
 *   npm exec --yes --package ./postern-0.1.0.tgz -- create-postern DIR [--template hono | static-assets | gate]
 */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Beside dist/package/, where this file is in the package. */
const TEMPLATES = resolve(import.meta.dirname, '../../templates');
const USAGE = `usage: create-postern DIR [--template ${readdirSync(TEMPLATES).join(' | ')}]`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { template: { type: 'string', default: 'hono' } },
  });
  const [directory, ...others] = positionals;
  if (directory === undefined || others.length > 0) throw new Error('Expected one directory.');
  createProject(resolve(directory), values.template);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exitCode = 1;
}

function createProject(place: string, template: string): void {
  const source = join(TEMPLATES, template);
  if (!readdirSync(TEMPLATES).includes(template)) throw new Error(`No template "${template}".`);
  if (existsSync(place) && readdirSync(place).length > 0) {
    throw new Error(`${place} is not empty. Choose a new directory.`);
  }
  cpSync(source, place, { recursive: true });
  renameSync(join(place, 'gitignore'), join(place, '.gitignore')); // npm leaves .gitignore out of packages
  const file = join(place, 'package.json');
  const project = JSON.parse(readFileSync(file, 'utf8'));
  project.name = basename(place).toLowerCase();
  project.dependencies.postern = ownSpecifier(place);
  writeFileSync(file, `${JSON.stringify(project, null, 2)}\n`);
  console.log(
    `Made ${place}. Next: cd ${directoryOf(place)}, set the URLs in wrangler.jsonc, npm install.`,
  );
}

/** Returns the package that npm ran this program from: a file, or the version. */
function ownSpecifier(place: string): string {
  const given = process.env.npm_config_package ?? '';
  if (given.endsWith('.tgz')) {
    return `file:${relative(place, resolve(process.env.INIT_CWD ?? '.', given))}`;
  }
  const own = JSON.parse(readFileSync(resolve(TEMPLATES, '../package.json'), 'utf8'));
  return `^${own.version}`;
}

function directoryOf(place: string): string {
  return relative(process.cwd(), place) || '.';
}

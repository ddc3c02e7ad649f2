/**
 * Prints a wrangler.toml for a site that moves to Postern, with a comment for each thing that does not map (docs/moving-in/).
 *
 *   npm run -s move-in -- oathkeeper rules.json [--strategy regexp|glob] > moved.toml
 *   npm run -s move-in -- oauth2-proxy oauth2-proxy.cfg [--env-file file] [-- flags of oauth2-proxy] > moved.toml
 *
 * The part above `[vars]` is that of wrangler.toml. A shell empties the file of a redirect before the program runs, so the
 * redirect goes to another file.
 *
 * `--public`, `--kratos` and `--origin` give URLs that the neighbour's configuration does not have.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failed, type Result, success } from '../src/runtime/result.ts';
import { readCommandLine, refuseCall } from './command-line.ts';
import { type MovedSite, missingUrls, writeWranglerToml } from './move-in/moved-site.ts';
import { moveOathkeeper } from './move-in/oathkeeper.ts';
import { moveOauth2Proxy } from './move-in/oauth2-proxy.ts';
import { readOptions } from './move-in/oauth2-proxy-options.ts';

const USAGE = `usage: npm run -s move-in -- oathkeeper rules.json [--strategy regexp|glob] > moved.toml
       npm run -s move-in -- oauth2-proxy oauth2-proxy.cfg [--env-file file] [-- flags] > moved.toml
  --public URL   the site, --kratos URL  Kratos's public API, --origin URL  the server of the site`;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    strategy: { type: 'string', default: 'regexp' },
    'env-file': { type: 'string' },
    public: { type: 'string' },
    kratos: { type: 'string' },
    origin: { type: 'string' },
  },
});
const [neighbour = '', file, ...flags] = positionals;
const { strategy } = values;
if (strategy !== 'regexp' && strategy !== 'glob')
  refuseCall('--strategy: expected regexp or glob.');
const given = { publicUrl: values.public, kratosUrl: values.kratos, originUrl: values.origin };

const site = move();
if (!site.ok) refuseCall(site.failure);
process.stdout.write(writeWranglerToml(site.value, headOfWranglerToml()));
const missing = missingUrls(site.value);
if (missing.length > 0) {
  console.error(
    `To do: give ${missing.join(', ')}, or replace the placeholders in the file. Then run npm run check-config -- --config FILE.`,
  );
}

function move(): Result<MovedSite, string> {
  if (file === undefined) refuseCall(USAGE);
  if (neighbour === 'oathkeeper' && flags.length === 0) {
    const rules = parseJson(read(file));
    return rules.ok ? moveOathkeeper(rules.value, strategy as 'regexp' | 'glob', given) : rules; // checked above
  }
  if (neighbour !== 'oauth2-proxy') refuseCall(USAGE);
  const environment = values['env-file'] === undefined ? '' : read(values['env-file']);
  const options = readOptions(read(file), environment, flags);
  return options.ok ? success(moveOauth2Proxy(options.value, given)) : options;
}

/** The part of wrangler.toml above `[vars]`: the Worker's modules, bindings and migrations. */
function headOfWranglerToml(): string {
  const text = readFileSync(join(import.meta.dirname, '../wrangler.toml'), 'utf8');
  const end = text.indexOf('[vars]\n');
  if (end !== -1) return text.slice(0, end);
  return refuseCall(
    'wrangler.toml has no [vars]. The part above it is needed for the new file. If the command ended in "> wrangler.toml", the shell has',
    'emptied it: run "git checkout wrangler.toml", and print to another file, such as "> moved.toml".',
  );
}

function parseJson(text: string): Result<unknown, string> {
  try {
    return success(JSON.parse(text));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return failed(
      `${file}: expected JSON (${problem}). Convert YAML with "yq -o json rules.yaml".`,
    );
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return refuseCall(`${path} cannot be read. Expected the configuration of the neighbour.`);
  }
}

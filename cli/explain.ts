/**
 * Explains the answer to a request, which goes through the very gateway of the Worker: which rules match (`*` marks the one that
 * applies), what a condition sees, the answer that a browser and a program get, and the request that the origin would get. Makes no
 * call.
 *
 *   npm run explain -- GET https://app.example.com/admin [--session file.json] [--header "Name: value"]…
 *                      [--at 2026-11-20T12:00:00Z] [--config wrangler.toml] [--env name]
 *
 * The session file contains an answer of /sessions/whoami. Without a file, the request is anonymous.
 */
import { readFileSync } from 'node:fs';
import { loadSignIn } from '../src/app/compose-sign-in.ts';
import { loadConditionLanguage } from '../src/rules/compile-condition.ts';
import { formatFinding } from './checks/finding.ts';
import { checkSettings } from './checks/settings.ts';
import { readCommandLine, refuseCall } from './command-line.ts';
import { explainRequest } from './explain/explain-request.ts';
import { readWranglerEnvironment } from './wrangler/environment.ts';

const USAGE =
  'usage: npm run explain -- METHOD URL [--session file.json] [--header "Name: value"] [--at time] [--config file] [--env name]';

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    session: { type: 'string' },
    header: { type: 'string', multiple: true, default: [] },
    at: { type: 'string' },
    config: { type: 'string', default: 'wrangler.toml' },
    env: { type: 'string' },
  },
});
const [method, url, ...more] = positionals;
if (method === undefined || url === undefined || more.length > 0) refuseCall(USAGE);
if (!/^https?:\/\//i.test(url)) {
  refuseCall('URL: expected a full URL, such as https://app.example.com/admin.', USAGE);
}

const wrangler = readWranglerEnvironment(values);
if (!wrangler.ok) refuseCall(...wrangler.failure);
await Promise.all([loadConditionLanguage(), loadSignIn()]);
const { config, findings } = checkSettings(wrangler.value);
if (config === undefined) {
  const problems = findings.map((each) => formatFinding(each, wrangler.value));
  refuse(`${values.config} would not serve:\n${problems.join('\n')}`);
}

const now = values.at === undefined ? Date.now() : Date.parse(values.at);
if (Number.isNaN(now)) refuse(`--at: expected a time such as 2026-11-20T12:00:00Z`);

try {
  const explanation = await explainRequest(
    {
      method,
      url: URL.parse(url)?.origin === url ? `${url}/` : url,
      headers: new Headers(values.header.map(readHeader)),
      sessionDocument: values.session === undefined ? undefined : readSession(values.session),
    },
    {
      config: config,
      now,
      hasSite: config.ORIGIN_URL !== undefined || isBound('ORIGIN'),
    },
  );
  console.log(explanation.join('\n'));
} catch (error) {
  // An error in the input: a missing file, a file without a session, or a wrong header.
  refuse(error instanceof Error ? error.message : String(error));
}

function isBound(wanted: string): boolean {
  return wrangler.ok && wrangler.value.bindings.some(({ name }) => name === wanted);
}

function readSession(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    refuse(`--session: ${path} cannot be read. Save an answer of /sessions/whoami there.`);
  }
}

function readHeader(text: string): [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1) refuse(`--header: expected "Name: value"`);
  return [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}

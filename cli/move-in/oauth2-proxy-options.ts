// No I/O, no clock.
import { failed, type Result, success } from '../../src/runtime/result.ts';
import { parseToml } from '../wrangler/positioned-document.ts';

/** Options of oauth2-proxy, by the name that the configuration file has. */
export type Options = Readonly<Record<string, readonly string[]>>;

/** Flags whose name in the file is the plural (https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview). */
const PLURALS = [
  ...['allowed_group', 'api_route', 'cookie_domain', 'email_domain', 'htpasswd_user_group'],
  ...['skip_auth_route', 'trusted_ip', 'upstream', 'whitelist_domain', 'oidc_extra_audience'],
];
const PREFIX = 'OAUTH2_PROXY_';

/**
 * Combines the configuration file, the environment and the flags: flags outweigh the environment, and the environment
 * outweighs the file.
 *
 * @param environment lines of the form `OAUTH2_PROXY_EMAIL_DOMAINS=example.com`
 */
export function readOptions(
  file: string,
  environment: string,
  flags: readonly string[],
): Result<Options, string> {
  const parsed = parseToml(file);
  if (!parsed.ok) {
    const { position, problem } = parsed.failure;
    return failed(`the configuration file, line ${position.line}: ${problem}`);
  }
  const fromFile = Object.entries(parsed.value.value).map(
    ([name, value]) => [name, textsOf(value)] as const,
  );
  const fromFlags = readFlags(flags);
  if (!fromFlags.ok) return fromFlags;
  return success({
    ...Object.fromEntries(fromFile),
    ...readEnvironment(environment),
    ...fromFlags.value,
  });
}

function readEnvironment(text: string): Options {
  const lines = text.split('\n').map((line) => /^\s*(?:export\s+)?(\w+)=(.*)$/.exec(line.trim()));
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name = '', value = ''] = line ?? [];
      if (!name.startsWith(PREFIX)) return [];
      const plain = value.replace(/^(["'])(.*)\1$/, '$2');
      return [[name.slice(PREFIX.length).toLowerCase(), plain.split(',')]];
    }),
  );
}

/** Reads `--name=value`, `--name value` and `--name` (true), with one dash or two. */
function readFlags(flags: readonly string[]): Result<Options, string> {
  const read: Record<string, string[]> = {};
  for (let index = 0; index < flags.length; index += 1) {
    const [, flag, joined] = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(flags[index] ?? '') ?? [];
    if (flag === undefined) return failed(`the flag "${flags[index]}": expected --name=value`);
    const next = flags[index + 1];
    const value = joined ?? (next === undefined || next.startsWith('-') ? 'true' : next);
    if (joined === undefined && value === next) index += 1;
    const name = flag.replaceAll('-', '_');
    const option = PLURALS.includes(name) ? `${name}s` : name;
    read[option] = [...(read[option] ?? []), ...value.split(',')];
  }
  return success(read);
}

function textsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}

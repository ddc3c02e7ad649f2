/**
 * Checks wrangler.toml without deploying: every setting by the same code the Worker refuses to start with, and
 * what the platform would otherwise let pass silently.
 *
 *   npm run check-config [-- --config path/to/wrangler.toml] [--env name]
 */
import { type Config, readConfig } from '../src/config/config.ts';
import { mayNameByExternalId } from '../src/config/issuer-settings.ts';
import { foldBelievedName } from '../src/http/header-names.ts';
import { loadConditionLanguage } from '../src/rules/compile-condition.ts';
import { findAssetProblems } from './asset-problems.ts';
import { orRefuseCall, readCommandLine } from './command-line.ts';
import { believersOf } from './header-believers.ts';
import { findIdleSettings } from './idle-settings.ts';
import { readAssetFiles, readWranglerEnvironment } from './wrangler-environment.ts';

const USAGE = 'usage: npm run check-config [-- --config path/to/wrangler.toml] [--env name]';

const { values } = readCommandLine(USAGE, {
  options: { config: { type: 'string', default: 'wrangler.toml' }, env: { type: 'string' } },
});
const wrangler = orRefuseCall(() => readWranglerEnvironment(values));
const { file, bindings, environment } = wrangler;

/** Settings by which others are persuaded of something. */
const SECRETS = [
  'ADMIN_SECRETS',
  'ASSERTION_KEYS',
  'FORWARD_AUTH_SECRETS',
  'KEY_SET_SECRET',
  'KEYCARD_CLIENT_SECRET',
  'KRATOS_ADMIN_API_KEY',
  'WEBHOOK_API_KEYS',
  'WEBHOOK_SECRETS',
];

await loadConditionLanguage();
const config = readConfig(environment);
const problems = [...(config.ok ? [] : config.failure), ...assetProblems()];

for (const problem of problems) console.error(`error    ${problem}`);
for (const warning of warnings()) console.error(`warning  ${warning}`);
if (problems.length > 0) {
  console.error(`\n${values.config} would not serve: ${problems.length} wrong setting(s).`);
  process.exit(1);
}
console.log(`${values.config}: every setting is good.`);

/** Static assets that the platform would serve past the gate, or past the rule written for them. */
function assetProblems(): string[] {
  if (file.assets === undefined) return [];
  const files = readAssetFiles(wrangler, values);
  return findAssetProblems(file.assets, files, config.ok ? config.value : undefined);
}

/** What is legal but leaves a way around the gate, or a promise unkept. */
function warnings(): string[] {
  const found: string[] = [];
  if (file.workers_dev !== false) {
    found.push('workers_dev is not false: the gate can also be reached on workers.dev.');
  }
  if (file.preview_urls !== false) {
    found.push('preview_urls is not false: old versions of the gate can be reached.');
  }
  if (!bindings.includes('SESSIONS')) {
    found.push(
      'there is no KV namespace SESSIONS: each isolate remembers sessions for itself alone.',
    );
  }
  if (config.ok && config.value.REVOCATION === 'off') {
    found.push(
      'REVOCATION is "off": a revoked session is served until its cached answer is stale.',
    );
  }
  if (config.ok && config.value.ORIGIN_URL === undefined && !bindings.includes('ORIGIN')) {
    found.push('there is neither ORIGIN_URL nor a service binding ORIGIN: no site is gated.');
  }
  if (config.ok && asksItself(config.value)) {
    found.push(
      'ORIGIN_URL equals PUBLIC_URL, which reaches the origin from a route only: with a custom domain, or with the compatibility flag global_fetch_strictly_public, the call comes back and every page is answered 508. Use a route without that flag, or set ORIGIN_URL to another address of the origin.',
    );
  }
  if (config.ok) found.push(...findIdleSettings(config.value));
  if (config.ok) found.push(...believedHeaders(config.value));
  if (config.ok && config.value.ORIGIN_URL !== undefined && bindings.includes('ORIGIN')) {
    found.push(
      'ORIGIN_URL is set beside the service binding ORIGIN: the site gets that URL and its host. Leave ORIGIN_URL out, and it gets the public URL.',
    );
  }
  for (const [index, issuer] of (config.ok ? config.value.ISSUERS : []).entries()) {
    if (!mayNameByExternalId(issuer)) continue;
    const isAsked = config.ok && config.value.KRATOS_ADMIN_URL !== undefined;
    const unreached = isAsked ? 'an identity that Kratos no longer has' : 'a person';
    const remedy = isAsked ? 'Name' : 'Set KRATOS_ADMIN_URL; name';
    found.push(
      `ISSUERS.${index} takes tokens without a session claim. If the tokenizer has subject_source: external_id, such a token names its person by the external id alone. A webhook or event that names ${unreached} by the identity's id alone does not end it, and nothing ends it by an external id that was changed since. ${remedy} the external id too (external_ids), or let the mapper add session and set required_claims = ["session"].`,
    );
  }
  for (const name of SECRETS.filter((secret) => secret in (file.vars ?? {}))) {
    found.push(
      `${name} is a variable, which everyone who can see the Worker can read: make it a secret.`,
    );
  }
  return found;
}

/** Whether the origin is asked at the public URL, and the platform hands that to the Worker once more. */
function asksItself({ ORIGIN_URL, PUBLIC_URL }: Config): boolean {
  if (bindings.includes('ORIGIN') || ORIGIN_URL === undefined) return false;
  const { origin, host } = new URL(PUBLIC_URL);
  if (new URL(ORIGIN_URL).origin !== origin) return false;
  const isCustomDomain = (file.routes ?? []).some(
    (route: string | { pattern: string; custom_domain?: boolean }) =>
      typeof route === 'object' && route.custom_domain === true && route.pattern === host,
  );
  return isCustomDomain || file.compatibility_flags.includes('global_fetch_strictly_public');
}

/** Headers that are let through and that some product takes for its user's identity. */
function believedHeaders({ FORWARDED_HEADERS, RULES }: Config): string[] {
  const lists = [
    ['FORWARDED_HEADERS', FORWARDED_HEADERS] as const,
    ...RULES.map(
      (rule, index) => [`RULES.${index}.forwarded_headers`, rule.forwarded_headers] as const,
    ),
  ];
  return lists.flatMap(([setting, names]) =>
    names.flatMap((name) => {
      const product = believersOf(foldBelievedName(name));
      return product === undefined
        ? []
        : [
            `${setting} lets ${name} through. ${product}: believed to say who the user is, so a client that sends it could be any user there. Keep it only if the site is another product.`,
          ];
    }),
  );
}

/**
 * Checks wrangler.toml without deploying. The settings are checked by the Worker's own code. The check also finds
 * lines of the file that the platform accepts silently although they open a way around the gate.
 *
 *   npm run check-config [-- --config path/to/wrangler.toml] [--env name]
 */
import { type Config, readConfig, sessionIssuers } from '../src/config/config.ts';
import { mayNameByExternalId } from '../src/config/issuer-settings.ts';
import { SECRETS } from '../src/config/secrets.ts';
import { foldBelievedName } from '../src/http/header-names.ts';
import { loadConditionLanguage } from '../src/rules/compile-condition.ts';
import { findAssetProblems } from './asset-problems.ts';
import { orRefuseCall, readCommandLine } from './command-line.ts';
import { believersOf } from './header-believers.ts';
import { findIdleSettings } from './idle-settings.ts';
import { unreachedHosts } from './token-hosts.ts';
import { readAssetFiles, readWranglerEnvironment } from './wrangler-environment.ts';

const USAGE = 'usage: npm run check-config [-- --config path/to/wrangler.toml] [--env name]';

const { values } = readCommandLine(USAGE, {
  options: { config: { type: 'string', default: 'wrangler.toml' }, env: { type: 'string' } },
});
const wrangler = orRefuseCall(() => readWranglerEnvironment(values));
const { file, bindings, environment } = wrangler;

await loadConditionLanguage();
const config = readConfig(environment);
const problems = [...(config.ok ? [] : config.failure), ...assetProblems()];

for (const problem of problems) console.error(`error    ${problem}`);
for (const warning of warnings()) console.error(`warning  ${warning}`);
for (const note of notes()) console.error(`note     ${note}`);
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

/** Valid settings that leave a way around the gate, or that have no effect. */
function warnings(): string[] {
  const found: string[] = [];
  if (file.workers_dev !== false) {
    found.push(
      'workers_dev is not false: clients can also reach the gate on workers.dev. Set workers_dev = false.',
    );
  }
  if (file.preview_urls !== false) {
    found.push(
      'preview_urls is not false: clients can reach old versions of the gate. Set preview_urls = false.',
    );
  }
  if (!bindings.includes('SESSIONS')) {
    found.push(
      'there is no KV namespace SESSIONS: isolates do not share cached sessions. Bind one if they should.',
    );
  }
  if (config.ok && config.value.REVOCATION === 'off') {
    found.push(
      'REVOCATION is "off": a revoked session is served until its cached answer is stale. Set REVOCATION to "log" to end it within seconds.',
    );
  }
  if (config.ok && config.value.ORIGIN_URL === undefined && !bindings.includes('ORIGIN')) {
    found.push(
      'ORIGIN_URL and the service binding ORIGIN are both missing: Postern gates no site, and answers only its own routes. Set one of them if there is a site.',
    );
  }
  if (config.ok && asksItself(config.value)) {
    found.push(
      'ORIGIN_URL equals PUBLIC_URL. That URL reaches the origin only from a route. With a custom domain, or with the compatibility flag global_fetch_strictly_public, the call comes back to the Worker, and every page gets 508. Use a route without that flag, or set ORIGIN_URL to another URL of the origin.',
    );
  }
  if (config.ok) found.push(...findIdleSettings(config.value));
  if (config.ok) found.push(...believedHeaders(config.value));
  if (config.ok && config.value.ORIGIN_URL !== undefined && bindings.includes('ORIGIN')) {
    found.push(
      'ORIGIN_URL and the service binding ORIGIN are both set: the site gets ORIGIN_URL and its host. Remove ORIGIN_URL if the site should get the public URL.',
    );
  }
  for (const [index, issuer] of (config.ok ? config.value.ISSUERS : []).entries()) {
    if (!mayNameByExternalId(issuer)) continue;
    const isAsked = config.ok && config.value.KRATOS_ADMIN_URL !== undefined;
    const unreached = isAsked ? 'an identity that Kratos no longer has' : 'a person';
    const remedy = isAsked ? 'Name' : 'Set KRATOS_ADMIN_URL; name';
    found.push(
      `ISSUERS.${index} takes tokens without a session claim. If the tokenizer has subject_source: external_id, such a token names its person only by the external id. A webhook or event does not end it if it names ${unreached} only by the identity's id, or by an external id that was changed later. ${remedy} the external id too (external_ids), or let the mapper add session and set required_claims = ["session"].`,
    );
  }
  for (const name of SECRETS.filter((secret) => secret in (file.vars ?? {}))) {
    found.push(
      `${name} is a variable, and everyone with access to the Worker can read variables. Set it as a secret: npx wrangler secret put ${name}.`,
    );
  }
  return found;
}

/** Defaults that depend on other settings, and that the origin has to know. */
function notes(): string[] {
  if (!config.ok) return [];
  const { STORE_ISSUER, IDENTITY_HEADERS } = config.value;
  const issuers = sessionIssuers(config.value);
  const header = Object.keys(IDENTITY_HEADERS).find((name) => IDENTITY_HEADERS[name] === 'issuer');
  const hosts = unreachedHosts(config.value);
  if (issuers.size < 2 || header === undefined) return hosts;
  return [
    ...hosts,
    `sessions of ${issuers.size} issuers count: ${[...issuers].join(', ')}. Two issuers may give the same id to different people. Let the origin identify a person by ${header} and the id together, or restrict a rule to one issuer: allow = 'session.issuer == "${STORE_ISSUER}"'.`,
  ];
}

/** Tells whether the Worker calls the origin at the public URL, and the platform sends that call to the Worker again. */
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

/** Warnings for forwarded headers that some product trusts as proof of identity. */
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
            `${setting} lets ${name} through. ${product} trusts this header as proof of identity: a client that sends it could be any user there. Keep the header only if the site is another product.`,
          ];
    }),
  );
}

// Pure: no I/O, no clock.
import { type Config, sessionIssuers } from '../../src/config/config.ts';
import { mayNameByExternalId } from '../../src/config/issuer-settings.ts';
import { SECRETS } from '../../src/config/secrets.ts';
import { foldBelievedName } from '../../src/http/header-names.ts';
import { believersOf } from '../header-believers.ts';
import { unreachedHosts } from '../token-hosts.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import { error, type Finding, note, warning } from './finding.ts';
import { hasSetting } from './settings.ts';

/** Checks who counts as signed in, who counts as an operator, and what the origin is told. */
export function checkIdentity(
  wrangler: WranglerEnvironment,
  config: Config | undefined,
): Finding[] {
  const variables = SECRETS.filter((secret) => secret in (wrangler.fields.vars ?? {})).map((name) =>
    warning(
      `${name} is a variable, and everyone with access to the Worker can read variables. Set it as a secret: npx wrangler secret put ${name}.`,
      ['vars', name],
    ),
  );
  if (config === undefined) return variables;
  return [
    ...variables,
    ...findIssuerProblems(config),
    ...findGuardProblems(wrangler, config),
    ...believedHeaders(config),
    ...issuerNotes(config),
  ];
}

function findIssuerProblems(config: Config): Finding[] {
  return config.ISSUERS.flatMap((issuer, index) => {
    const found: Finding[] = [];
    const { preset, issuer: name } = issuer;
    if (preset === 'kratos' && URL.canParse(name) && !name.endsWith('/')) {
      found.push(
        error(
          `ISSUERS.${index}.issuer: expected the iss claim that Kratos writes, with a slash at the end; got ${JSON.stringify(name)}. It is compared exactly, so every token gets 401. Did you mean "${name}/"?`,
          ['vars', 'ISSUERS', index, 'issuer'],
        ),
      );
    }
    if (mayNameByExternalId(issuer)) found.push(externalIds(config, index));
    return found;
  });
}

function externalIds({ KRATOS_ADMIN_URL }: Config, index: number): Finding {
  const isAsked = KRATOS_ADMIN_URL !== undefined;
  const unreached = isAsked ? 'an identity that Kratos no longer has' : 'a person';
  const remedy = isAsked ? 'Name' : 'Set KRATOS_ADMIN_URL; name';
  return warning(
    `ISSUERS.${index} takes tokens without a session claim. If the tokenizer has subject_source: external_id, such a token names its person only by the external id. A webhook or event does not end it if it names ${unreached} only by the identity's id, or by an external id that was changed later. ${remedy} the external id too (external_ids), or let the mapper add session and set required_claims = ["session"].`,
  );
}

/** An Application Audience tag of Cloudflare Access is a SHA-256 digest in hexadecimal. */
const AUDIENCE_TAG = /^[0-9a-f]{64}$/;

function findGuardProblems(wrangler: WranglerEnvironment, config: Config): Finding[] {
  const tags = (config.ACCESS_AUDIENCE ?? []).flatMap((tag, index) =>
    AUDIENCE_TAG.test(tag)
      ? []
      : [
          error(
            `ACCESS_AUDIENCE.${index}: expected an Application Audience (AUD) tag, 64 hexadecimal digits in lower case; got text of ${tag.length} characters. No assertion has this audience. Copy the tag from the Access application's overview.`,
            ['vars', 'ACCESS_AUDIENCE', index],
          ),
        ],
  );
  const { ACCESS_TEAM_DOMAIN: team } = config;
  const isTeam = team === undefined || /^https:\/\/[a-z0-9-]+\.cloudflareaccess\.com$/.test(team);
  const teams = isTeam
    ? []
    : [
        warning(
          `ACCESS_TEAM_DOMAIN: expected https://<team>.cloudflareaccess.com; got ${JSON.stringify(team)}. Access signs its assertions with that name as issuer, also for a custom domain.`,
        ),
      ];
  return [...tags, ...teams, ...findMissingGuard(wrangler, config)];
}

/** The routes of operators exist only with a guard. */
function findMissingGuard(wrangler: WranglerEnvironment, config: Config): Finding[] {
  if (config.KRATOS_ADMIN_URL === undefined || config.ACCESS_TEAM_DOMAIN !== undefined) return [];
  const hasSecrets = hasSetting(wrangler, 'ADMIN_SECRETS');
  if (hasSecrets === true) return [];
  const text =
    'KRATOS_ADMIN_URL: expected a guard for /admin/…: ADMIN_SECRETS (a secret), or ACCESS_TEAM_DOMAIN with ACCESS_AUDIENCE; got none. Without a guard those routes answer 404.';
  // The admin API also tells the names of people.
  const isUsed = config.SELF_SERVICE || config.ISSUERS.some(mayNameByExternalId);
  if (isUsed && hasSecrets === false) return [warning(text)];
  return hasSecrets === undefined
    ? [
        warning(
          `${text} If ADMIN_SECRETS is a secret of the Worker, list it in [secrets] required = ["ADMIN_SECRETS"], and it is checked too.`,
        ),
      ]
    : [error(`${text} Set one of them, or remove KRATOS_ADMIN_URL.`)];
}

/** Defaults that depend on other settings, and that the origin has to know. */
function issuerNotes(config: Config): Finding[] {
  const { IDENTITY_HEADERS } = config;
  const issuers = sessionIssuers(config);
  const [first] = issuers;
  const header = Object.keys(IDENTITY_HEADERS).find((name) => IDENTITY_HEADERS[name] === 'issuer');
  const hosts = unreachedHosts(config).map((text) => note(text));
  if (issuers.size < 2 || header === undefined) return hosts;
  const text = `sessions of ${issuers.size} issuers count: ${[...issuers].join(', ')}. Two issuers may give the same id to different people. Let the origin identify a person by ${header} and the id together, or restrict a rule to one issuer: allow = 'session.issuer == "${first}"'.`;
  return [...hosts, note(text, ['vars', 'ISSUERS'])];
}

/** Warnings for forwarded headers that some product trusts as proof of identity. */
function believedHeaders({ FORWARDED_HEADERS, RULES }: Config): Finding[] {
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
            warning(
              `${setting} lets ${name} through. ${product} trusts this header as proof of identity: a client that sends it could be any user there. Keep the header only if the site is another product.`,
            ),
          ];
    }),
  );
}

// Pure: no I/O, no clock.
import type { Config } from '../src/config/config.ts';

/**
 * Settings without effect, because another setting is missing. Each line says what to do.
 *
 * @param present the names of all settings and bindings that are there
 */
export function findIdleSettings(config: Config, present: ReadonlySet<string>): string[] {
  return [
    ...idleWithoutLog(config),
    ...idleWithoutRoutes(config),
    ...idleExchange(config),
    ...(config.KRATOS === undefined ? idleWithoutKratos(config, present) : []),
  ];
}

/** Settings of Kratos's sessions, and of the tiers in which they are kept. */
const OF_KRATOS = [
  'SESSION_COOKIE_NAMES',
  'MEMORY_MAX_ENTRIES',
  'MEMORY_MAX_BYTES',
  'KV_WRITE_INTERVAL_SECONDS',
  'KRATOS',
  'KRATOS_ADMIN',
];

function idleWithoutKratos(config: Config, present: ReadonlySet<string>): string[] {
  const found = OF_KRATOS.filter((name) => present.has(name)).map(
    (name) =>
      `${name} does nothing without KRATOS_PUBLIC_URL: only tokens are sessions. Set KRATOS_PUBLIC_URL, or remove ${name}.`,
  );
  if (present.has('SESSIONS') && config.KEY_SET_SECRET === undefined) {
    found.push(
      'SESSIONS does nothing without KRATOS_PUBLIC_URL or KEY_SET_SECRET: nothing is kept in KV. Set KEY_SET_SECRET to share the key sets of issuers, or remove SESSIONS.',
    );
  }
  if (config.ISSUERS.length === 0) {
    found.push(
      'no session counts: ISSUERS is empty and KRATOS_PUBLIC_URL is missing. Every path that requires a session gets 401. Add an issuer if people or programs should pass the gate.',
    );
  }
  return found;
}

function idleWithoutLog(config: Config): string[] {
  if (config.REVOCATION !== 'off') return [];
  const found: string[] = [];
  if (config.SIGN_IN_ENDS_SESSIONS) {
    found.push(
      'SIGN_IN_ENDS_SESSIONS does nothing while REVOCATION is "off": the sessions that a sign-in ends are served until their cached answers are stale, and their tokens until they expire. Set REVOCATION to "log", or remove SIGN_IN_ENDS_SESSIONS.',
    );
  }
  const receiving = [
    ...(config.WEBHOOK_SECRETS.length > 0 ? ['WEBHOOK_SECRETS'] : []),
    ...(config.WEBHOOK_API_KEYS.length > 0 ? ['WEBHOOK_API_KEYS'] : []),
    ...config.ISSUERS.flatMap(({ event_audience: audience }, index) =>
      audience === undefined ? [] : [`ISSUERS.${index}.event_audience`],
    ),
  ];
  for (const name of receiving) {
    found.push(
      `${name} does nothing while REVOCATION is "off": its events are answered 404. Set REVOCATION to "log", or remove ${name}.`,
    );
  }
  return found;
}

function idleWithoutRoutes(config: Config): string[] {
  const { KEYCARD_API_URL: keycard, KRATOS_ADMIN_URL: kratosAdmin } = config;
  const found: string[] = [];
  if (config.KEYCARD_ZONES !== undefined && keycard === undefined) {
    found.push(
      'KEYCARD_ZONES does nothing without KEYCARD_API_URL: there are no routes /zones/…. Set KEYCARD_API_URL, or remove KEYCARD_ZONES.',
    );
  }
  const hasResource = config.ISSUERS.some(({ preset }) => preset === 'keycard');
  if (config.RESOURCE_DOCUMENTATION_URL !== undefined && !hasResource) {
    found.push(
      'RESOURCE_DOCUMENTATION_URL does nothing without a Keycard zone in ISSUERS: there is no metadata of a resource. Add the zone, or remove RESOURCE_DOCUMENTATION_URL.',
    );
  }
  const guards = (['ADMIN_SECRETS', 'ACCESS_TEAM_DOMAIN'] as const).filter(
    (name) => config[name] !== undefined,
  );
  if (keycard === undefined && kratosAdmin === undefined) {
    for (const name of guards) {
      found.push(
        `${name} guards nothing without KRATOS_ADMIN_URL or KEYCARD_API_URL: there are no routes /admin/… and /zones/…. Set one of the two, or remove ${name}.`,
      );
    }
  }
  if (config.SIGN_IN_ENDS_SESSIONS && !config.SELF_SERVICE) {
    found.push(
      'SIGN_IN_ENDS_SESSIONS sees no sign-in but GET /sessions/token-exchange while SELF_SERVICE is false: a session that a sign-in at Kratos itself ends is served until its cached answers are stale, and its tokens until they expire. Set SELF_SERVICE to true, or send the webhook from Kratos.',
    );
  }
  return found;
}

function idleExchange({ ISSUERS, RULES, CLIENT_SECRETS, FORWARD_AUTH_SECRETS }: Config): string[] {
  const rules = [...RULES.entries()].filter(([, { exchange }]) => exchange !== undefined);
  const clients = [...ISSUERS.entries()].filter(([, { client_id: id }]) => id !== undefined);
  const idleClients =
    rules.length > 0 ? [] : clients.filter(([, each]) => each.sign_in === undefined);
  const isClients = (name: string) => clients.some(([, { issuer }]) => issuer === name);
  const idleSecrets = Object.keys(CLIENT_SECRETS).filter((name) => !isClients(name));
  const withCredentials = rules.filter(([, { forward_credentials: forwards }]) => forwards);
  return [
    ...idleClients.map(
      ([index]) =>
        `ISSUERS.${index}.client_id does nothing without a rule with exchange, and without sign_in: no token is exchanged, and no browser signs in. Add one of them, or remove client_id.`,
    ),
    ...idleSecrets.map(
      () =>
        'CLIENT_SECRETS has a secret that does nothing: ISSUERS has no issuer of that name with client_id. Spell the name as in ISSUERS and add client_id there, or remove the secret.',
    ),
    ...withCredentials.map(
      ([index]) =>
        `RULES.${index}.forward_credentials does nothing beside exchange: the origin gets the exchanged token, and no credential of the caller. Remove exchange, or remove forward_credentials.`,
    ),
    ...(FORWARD_AUTH_SECRETS === undefined ? [] : rules).map(
      ([index]) =>
        `RULES.${index}.exchange is not served through forward-auth: other proxies get 503 for its requests. Let Postern be the gate of these paths, or remove exchange.`,
    ),
  ];
}

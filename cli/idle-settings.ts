// Pure: no I/O, no clock.
import type { Config } from '../src/config/config.ts';

/** Settings without effect, because another setting is missing. Each line says what to do. */
export function findIdleSettings(config: Config): string[] {
  return [...idleWithoutLog(config), ...idleWithoutRoutes(config)];
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

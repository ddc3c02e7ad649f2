// Pure: no I/O, no clock.
import * as v from 'valibot';
import { SiteHosts } from '../http/site-hosts.ts';
import { resourcesOf } from '../sign-in/resources.ts';
import type { AudienceSettings } from '../tokens/audience.ts';
import { listOf } from './setting-types.ts';

const SITE_DATA = 'a list of "cache", "cookies" and "storage"';
const SECRET = 'secrets of 32 to 256 ASCII characters';
const SCOPES = 'a list of at most 32 scopes (RFC 6749 section 3.3), such as ["openid"]';

/** Settings of the sign-in for browsers, and of sign-out. `ISSUERS` has the other settings of the sign-in. */
export const SIGN_IN_SETTINGS = {
  /**
   * Data of the site that a browser deletes when a person signs out at `/.postern/sign-out` (`Clear-Site-Data`): `cache`,
   * `storage`, `cookies`. `cookies` deletes the cookies of the whole registrable domain, those of other sites on it too.
   * Default: none.
   */
  SIGN_OUT_CLEAR_SITE_DATA: v.optional(
    listOf(v.picklist(['cache', 'cookies', 'storage'], SITE_DATA), [0, 3], SITE_DATA),
    () => [],
  ),
  /**
   * Secrets that seal the cookies of browsers that sign in at an issuer (`sign_in` in `ISSUERS`, which needs them). The
   * first one seals, and all of them open. To rotate, put the new secret in front, and remove the old one a day later.
   */
  SIGN_IN_SECRETS: v.optional(
    listOf(
      v.pipe(v.string(SECRET), v.regex(/^[\x20-\x7e]{32,256}$/, SECRET)),
      [1, 2],
      'a list of 1 or 2 secrets, as ["…"]',
    ),
  ),
} as const;

/** `sign_in` of an issuer. */
export const signIn = v.strictObject(
  {
    scopes: v.optional(
      v.pipe(
        v.array(
          v.pipe(v.string(SCOPES), v.regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/, SCOPES)),
          SCOPES,
        ),
        v.maxLength(32, SCOPES),
      ),
      () => ['openid'],
    ),
  },
  'a table: { scopes = ["openid"] }',
);

/** The members of an issuer that the sign-in depends on. */
interface IssuerWithSignIn extends AudienceSettings {
  readonly issuer: string;
  readonly client_id?: string | undefined;
  readonly max_lifetime_seconds: number;
  readonly sign_in?: v.InferOutput<typeof signIn> | undefined;
}

interface SignInSettings {
  readonly PUBLIC_URL: string;
  readonly HOSTS: readonly string[];
  readonly LOGIN_URL?: string | undefined;
  readonly ISSUERS: readonly IssuerWithSignIn[];
  readonly REVOCATION: 'log' | 'off';
  readonly SIGN_IN_SECRETS?: readonly string[] | undefined;
  readonly CLIENT_SECRETS: Readonly<Record<string, string>>;
}

/** The sign-in for browsers. */
export interface SignInConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  readonly secrets: readonly [string, ...string[]];
  /** The hosts at which browsers can sign in, each with the resource to ask for. */
  readonly resources: ReturnType<typeof resourcesOf>;
  /** A sign-in that was not used for this long is over: the longest lifetime of a token. */
  readonly maxIdleSeconds: number;
  /** Whether the gate sends browsers to this sign-in: `LOGIN_URL` names no other page. */
  readonly isLoginPage: boolean;
}

/** Returns the sign-in for browsers; `undefined` if no issuer has one. */
export function readSignIn(settings: SignInSettings): SignInConfig | undefined {
  const { ISSUERS, PUBLIC_URL, HOSTS, SIGN_IN_SECRETS: secrets = [] } = settings;
  const issuer = ISSUERS.find(({ sign_in: place }) => place !== undefined);
  const [first, ...others] = secrets;
  const clientId = issuer?.client_id;
  if (issuer?.sign_in === undefined || clientId === undefined || first === undefined) {
    return undefined;
  }
  return {
    issuer: issuer.issuer,
    clientId,
    clientSecret: settings.CLIENT_SECRETS[issuer.issuer],
    scopes: issuer.sign_in.scopes,
    secrets: [first, ...others],
    resources: resourcesOf(issuer, new SiteHosts(PUBLIC_URL, HOSTS)),
    maxIdleSeconds: issuer.max_lifetime_seconds,
    isLoginPage: settings.LOGIN_URL === undefined,
  };
}

/** Reports settings of the sign-in that contradict each other. */
export function signInProblems(settings: SignInSettings): string[] {
  const places = settings.ISSUERS.flatMap(({ sign_in: place }, index) =>
    place === undefined ? [] : [index],
  );
  if (places.length === 0) {
    return settings.SIGN_IN_SECRETS === undefined
      ? []
      : [
          'SIGN_IN_SECRETS: expected an issuer with sign_in in ISSUERS, because browsers sign in there; got none. Add sign_in to the issuer, or remove SIGN_IN_SECRETS.',
        ];
  }
  const problems = places
    .slice(1)
    .map(
      (index) =>
        `ISSUERS.${index}.sign_in: expected one issuer with sign_in, because browsers are sent to one place; got another. Remove it.`,
    );
  if (settings.SIGN_IN_SECRETS === undefined) {
    problems.push(
      'SIGN_IN_SECRETS: expected a list of 1 or 2 secrets, because ISSUERS has sign_in; got nothing. Set it with "wrangler secret put SIGN_IN_SECRETS".',
    );
  }
  if (settings.REVOCATION === 'off') {
    problems.push(
      'REVOCATION: expected "log", because ISSUERS has sign_in: a sign-out is kept in the log, and so is the refresh that isolates share; got "off".',
    );
  }
  return [...problems, ...places.flatMap((index) => placeProblems(settings, index))];
}

function placeProblems({ ISSUERS, PUBLIC_URL, HOSTS }: SignInSettings, index: number): string[] {
  const issuer = ISSUERS[index];
  if (issuer === undefined) return [];
  const problems: string[] = [];
  if (issuer.client_id === undefined) {
    problems.push(
      `ISSUERS.${index}.client_id: expected the client id of the site, because sign_in needs it; got nothing.`,
    );
  }
  if (resourcesOf(issuer, new SiteHosts(PUBLIC_URL, HOSTS)).size === 0) {
    problems.push(
      `ISSUERS.${index}.audience: expected an audience that is good on a host of PUBLIC_URL or HOSTS, because browsers sign in there; got none.`,
    );
  }
  return problems;
}

// Pure: no I/O, no clock.
import * as v from 'valibot';
import { problemOfForwarded, setByPostern } from '../forwarding/forwarded-headers.ts';
import { type IdentityMapping, leastBudget } from '../forwarding/identity-presets.ts';
import { foldHeaderName } from '../http/header-names.ts';
import { isSessionPath } from '../session/session-path.ts';
import { json, listOf } from './setting-types.ts';

const HEADER_NAME = /^[a-z][a-z0-9-]{1,63}$/i;

/**
 * Headers that an identity header must not overwrite, because they have a meaning for the connection or the message.
 */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'host',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-session-assertion',
]);

const PLACE = 'a place in the session, such as identity.traits.email';

/** A place in the session. `session.` may come first, as in the conditions of `RULES`. */
const sessionPlace = v.pipe(
  v.string(PLACE),
  v.check(isSessionPath, PLACE),
  v.transform((place) => place.replace(/^session\./, '')),
);

const TABLE = 'a table of header name = place in the session';

/** IDENTITY_HEADERS: a header name and the place in the session that it takes its value from. */
export const identityHeaders = json(
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), TABLE), // v.record() would take a list for a table
    v.record(
      v.pipe(
        v.string(),
        v.regex(
          HEADER_NAME,
          'header names of letters, digits and "-", beginning with a letter, 2 to 64 characters',
        ),
        v.check(
          (name) => !RESERVED_HEADERS.has(foldHeaderName(name)),
          'a header that has no other meaning in HTTP',
        ),
      ),
      sessionPlace,
      TABLE,
    ),
    v.check((table) => Object.keys(table).length <= 32, 'at most 32 headers'),
    v.check(
      (table) => new Set(Object.keys(table).map(foldHeaderName)).size === Object.keys(table).length,
      'header names that differ by more than case, "_" and "-"',
    ),
  ),
);

/** Claims that only Postern sets. They say who the user is, who may use the assertion, and how long it is valid. */
const RESERVED_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'sub_id',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'sid',
  'acr',
  'auth_time',
]);

const CLAIMS_TABLE = 'a table of claim name = place in the session';

/** ASSERTION_CLAIMS: a claim name and the place in the session that it takes its value from. */
export const assertionClaims = json(
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), CLAIMS_TABLE), // v.record() would take a list for a table
    v.record(
      v.pipe(
        v.string(),
        v.regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'claim names of letters, digits and "_"'),
        v.check((name) => !RESERVED_CLAIMS.has(name), 'a claim Postern does not set itself'),
      ),
      sessionPlace,
      CLAIMS_TABLE,
    ),
    v.check((table) => Object.keys(table).length <= 16, 'at most 16 claims'),
  ),
);

/** FORWARDED_HEADERS, and `forwarded_headers` of a rule: header names of clients, in lower case. */
export const forwardedHeaders = listOf(
  v.pipe(
    v.string('a header name'),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? problemOfForwarded(dataset.value) : undefined;
      if (problem !== undefined) addIssue({ message: problem });
    }),
    v.toLowerCase(),
  ),
  [0, 32],
  'a list of at most 32 header names',
);

/** The settings that identity headers depend on. */
interface IdentityDependencies {
  readonly IDENTITY_HEADERS_MAX_BYTES: number;
  readonly FORWARDED_HEADERS: readonly string[];
  readonly RULES: readonly {
    readonly forwarded_headers: readonly string[];
    readonly identity_headers?: IdentityMapping | undefined;
  }[];
}

/** Returns the names of all identity headers that Postern may send: those of the site, and those of single rules. */
export function identityHeaderNames(
  mapping: IdentityMapping,
  rules: IdentityDependencies['RULES'],
): string[] {
  const ofRules = rules.flatMap(({ identity_headers: own = {} }) => Object.keys(own));
  const names = [...ofRules, ...Object.keys(mapping)];
  return [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
}

/**
 * Reports a budget that ids alone can exceed, and forwarded headers that Postern also sets: the origin would take the
 * client's header for Postern's own.
 */
export function identityProblems(
  { IDENTITY_HEADERS_MAX_BYTES: budget, FORWARDED_HEADERS, RULES }: IdentityDependencies,
  mapping: IdentityMapping,
): string[] {
  const mappings = [mapping, ...RULES.map(({ identity_headers: own = {} }) => own)];
  const least = Math.max(...mappings.map(leastBudget));
  const tooSmall =
    budget >= least
      ? []
      : [
          `IDENTITY_HEADERS_MAX_BYTES: expected at least ${least}, which the ids among the identity headers can take; got ${budget}.`,
        ];
  const names = identityHeaderNames(mapping, RULES);
  const lists = [
    ['FORWARDED_HEADERS', FORWARDED_HEADERS] as const,
    ...RULES.map(
      (rule, index) => [`RULES.${index}.forwarded_headers`, rule.forwarded_headers] as const,
    ),
  ];
  const alsoSet = lists.flatMap(([setting, forwarded]) =>
    setByPostern(forwarded, names).map(
      (name) =>
        `${setting}: expected no header that Postern itself sends to the origin; got ${name}, which IDENTITY_HEADERS (X-User-Id when left out), a preset or a rule sets. Send the identity in another header, or do not let this one through.`,
    ),
  );
  return [...tooSmall, ...alsoSet];
}

// Pure: no I/O, no clock.
import * as v from 'valibot';
import { problemOfForwarded } from '../forwarding/forwarded-headers.ts';
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

// Pure: no I/O, no clock.
import { isObject, type JsonObject, type JsonValue } from '../../runtime/json.ts';
import type { NamedByIssuer } from './named-by-issuer.ts';

/**
 * - `unmappable`: a format that marks cannot express (a mail address, a telephone number, a device);
 * - `foreign`: a subject of another issuer, for which this issuer does not speak;
 * - `malformed`: not a subject identifier.
 */
export type SubjectProblem = 'unmappable' | 'foreign' | 'malformed';

/** The meaning of a plain id. CAEP leaves it to the two parties whether an id names a session or a person. */
type Role = 'session' | 'user' | 'any';

const MAX_ALIASES = 10;

/**
 * Reads a subject identifier (RFC 9493, and `complex` of the Shared Signals Framework) as ids that marks can name. A
 * subject with several such ids gives one result for each.
 */
export function readSubject(
  value: JsonValue | undefined,
  issuer: string,
): readonly NamedByIssuer[] | SubjectProblem {
  if (!isObject(value)) return 'malformed';
  return value.format === 'complex' ? readComplex(value, issuer) : readSimple(value, issuer, 'any');
}

/**
 * Reads a complex subject as its session, which is narrower than its user. If the session is missing or cannot be
 * mapped, the result is the user as a whole. A device is not read.
 */
function readComplex(
  { session, user }: JsonObject,
  issuer: string,
): readonly NamedByIssuer[] | SubjectProblem {
  const people = user === undefined ? undefined : readSimple(user, issuer, 'user');
  if (session === undefined) return people ?? 'unmappable';
  const sessions = readSimple(session, issuer, 'session');
  if (typeof sessions !== 'string') {
    const identityId = typeof people === 'object' ? people[0]?.identityId : undefined;
    const owner = identityId === undefined ? {} : { identityId };
    return sessions.map((named) => ({ ...named, ...owner }));
  }
  return sessions === 'unmappable' ? (people ?? sessions) : sessions;
}

function readSimple(
  value: JsonValue | undefined,
  issuer: string,
  role: Role,
): readonly NamedByIssuer[] | SubjectProblem {
  if (!isObject(value)) return 'malformed';
  switch (value.format) {
    case 'opaque':
      return isId(value.id) ? [inRole(value.id, role)] : 'malformed';
    case 'iss_sub': {
      if (!isId(value.iss) || !isId(value.sub)) return 'malformed';
      if (value.iss !== issuer) return 'foreign';
      return [inRole(value.sub, role === 'any' ? 'user' : role)];
    }
    case 'jwt_id':
      if (!isId(value.iss) || !isId(value.jti)) return 'malformed';
      return value.iss === issuer ? [{ tokenId: value.jti }] : 'foreign';
    case 'aliases':
      return readAliases(value.identifiers, issuer, role);
    default:
      return typeof value.format === 'string' ? 'unmappable' : 'malformed';
  }
}

/** Reads several ids of one subject (RFC 9493 section 3.2.8): a token may carry any of them. */
function readAliases(
  identifiers: JsonValue | undefined,
  issuer: string,
  role: Role,
): readonly NamedByIssuer[] | SubjectProblem {
  if (!Array.isArray(identifiers) || identifiers.length === 0 || identifiers.length > MAX_ALIASES) {
    return 'malformed';
  }
  const read = identifiers.map((identifier: JsonValue) =>
    isObject(identifier) && identifier.format !== 'aliases'
      ? readSimple(identifier, issuer, role)
      : 'malformed',
  );
  const problems = read.filter((one) => typeof one === 'string');
  if (problems.includes('malformed')) return 'malformed';
  const named = read.flatMap((one) => (typeof one === 'string' ? [] : one));
  return named.length > 0 ? named : (problems[0] ?? 'malformed');
}

function inRole(id: string, role: Role): NamedByIssuer {
  switch (role) {
    case 'session':
      return { sessionId: id };
    case 'user':
      return { identityId: id };
    case 'any':
      return { eitherId: id };
  }
}

function isId(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= 512;
}

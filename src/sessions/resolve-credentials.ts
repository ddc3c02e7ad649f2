import type {
  PresentedCredentials,
  SignInCredential,
  TokenCredential,
  UsableCredentials,
} from '../credentials/credential.ts';
import type { DenialReason } from '../errors/reasons.ts';
import type { Authority } from '../http/authority.ts';
import type { IsolateCounts } from '../revocation/isolate-counts.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { isOnePerson } from '../session/session.ts';
import type { CacheRequirement } from './freshness.ts';
import { NOTHING_ASKED, type Resolution } from './resolution.ts';
import type { Sessions } from './sessions.ts';

/** The resolver of each kind of credential. */
export interface Resolvers {
  readonly sessions: Pick<Sessions, 'resolve'> & Partial<Pick<Sessions, 'recall'>>;
  readonly tokens: {
    resolve(token: Pick<TokenCredential, 'value'>, terms: TokenTerms): Promise<Resolution>;
    /** Answers at once, if it can; left out if it never can. */
    recall?(token: Pick<TokenCredential, 'value'>, terms: TokenTerms): Resolution | undefined;
  };
  /** Left out if browsers do not sign in at an issuer. */
  readonly signIns?:
    | { resolve(signIn: SignInCredential, terms: TokenTerms): Promise<Resolution> }
    | undefined;
  /** Left out if the look-ups are not counted. */
  readonly counts?: IsolateCounts | undefined;
}

/** The terms on which a token is resolved. */
export interface TokenTerms {
  /** The host that the request is for. A token may be good on another host only. */
  readonly host: Authority;
  readonly waitUntil: WaitUntil;
  /** Whether no answer will carry cookies to a browser: an open stream is checked again, or a server asks whoami. */
  readonly isRecheck?: boolean;
}

/** The services that find the session of a request. */
export interface SessionLookUp extends Resolvers {
  readonly readCredentials: (headers: Headers) => Iterable<PresentedCredentials>;
}

/** The terms on which a request's credentials are resolved. */
export interface LookUpTerms extends TokenTerms {
  readonly requirement: CacheRequirement;
}

/** The result for one credential carrier of a request, such as a cookie name. */
export interface Resolved {
  readonly resolution: Resolution;
  /** The credential that the resolution is about; `undefined` if the resolution is about none or several. */
  readonly chosen: UsableCredentials | undefined;
  /** Whether no candidate will ever be valid again, so that cookies of this name may be cleared. */
  readonly isDead: boolean;
  /** The number of look-ups. */
  readonly lookUps: number;
}

/** The result for a request, and the credentials that were looked up for it. */
export interface Found extends Pick<Resolved, 'resolution' | 'chosen'> {
  /** The credentials in the order in which they were looked up. */
  readonly tried: readonly UsableCredentials[];
  /**
   * Names of the cookies that may be cleared. They will never be valid again, or their form is not that of a
   * credential.
   */
  readonly deadCookies: readonly string[];
}

/**
 * Maximum number of look-ups for one request. With several cookies of one name, the valid cookie is looked up twice.
 */
const MAX_LOOK_UPS = 4;

/**
 * Resolves the credentials of a request one after another, in the order of presentation, until one is not refused.
 *
 * A credential is refused by a confirmed 401, by a token that proves nothing, or by a form that no credential has.
 * Four results end the search: a good credential, a fault, a 403, and two people's cookies of one name. If all
 * credentials are refused, the result is that of the first one that was looked up.
 *
 * A request passes if it has a credential that would pass alone. So a client gains nothing by adding credentials. A
 * planted credential never takes precedence over a good credential before it.
 *
 * @returns `credential_conflicting` if the search reaches a header that was sent twice
 */
export async function resolveCredentials(
  all: Iterable<PresentedCredentials>,
  resolvers: Resolvers,
  terms: LookUpTerms,
): Promise<Result<Found, 'credential_conflicting'>> {
  const tried: UsableCredentials[] = [];
  const deadCookies: string[] = [];
  let refused: Resolved | undefined;
  let unusable: Resolution | undefined;
  let remaining = MAX_LOOK_UPS;
  for (const presented of all) {
    if (presented.kind === 'unusable') {
      const { reason, carrier } = presented;
      if (reason === 'credential_conflicting') return failed(reason);
      unusable ??= notSignedIn(reason);
      // If there are too many cookies, one of them may be valid.
      if (carrier.kind === 'cookie' && reason !== 'credential_ambiguous') {
        deadCookies.push(carrier.cookieName);
      }
      continue;
    }
    const { length } = presented.candidates;
    if (remaining < (length === 1 ? 1 : length + 1)) break;
    tried.push(presented);
    const resolved =
      recallPresented(presented, resolvers, terms) ??
      (await resolvePresented(presented, resolvers, terms));
    const { resolution, chosen } = resolved;
    if (!isRefused(resolution)) {
      count(resolution, resolvers.counts);
      return success({ resolution, chosen, tried, deadCookies });
    }
    refused ??= resolved;
    remaining -= resolved.lookUps;
    if (resolved.isDead) deadCookies.push(...cookieNamesOf(presented));
  }
  const resolution = refused?.resolution ?? unusable ?? notSignedIn('credential_missing');
  count(resolution, resolvers.counts);
  return success({ resolution, chosen: refused?.chosen, tried, deadCookies });
}

function count({ provenance }: Resolution, counts: IsolateCounts | undefined): void {
  if (counts === undefined) return;
  const { tier, revocationLagMs } = provenance;
  counts[tier] += 1;
  if (revocationLagMs === undefined) return;
  counts.marksUsed += 1;
  counts.longestLagMs = Math.max(counts.longestLagMs, revocationLagMs);
}

function cookieNamesOf(presented: UsableCredentials): readonly string[] {
  if (presented.kind === 'sign-in') return presented.candidates[0].cookieNames;
  const [first] = presented.candidates;
  return first.carrier.kind === 'cookie' ? [first.carrier.cookieName] : [];
}

/** Whether these credentials are certainly not signed in. Cookies of several people are ambiguous, not refused. */
function isRefused(resolution: Resolution): boolean {
  return resolution.outcome === 'not-signed-in' && resolution.reason !== 'credential_ambiguous';
}

/** Resolves the one credential of a carrier from memory, if nothing has to be awaited: almost every request's. */
function recallPresented(
  presented: UsableCredentials,
  { sessions, tokens }: Resolvers,
  terms: LookUpTerms,
): Resolved | undefined {
  if (presented.candidates.length > 1) return undefined;
  const resolution =
    presented.kind === 'candidates'
      ? sessions.recall?.(presented.candidates[0], terms.requirement, terms.waitUntil)
      : presented.kind === 'tokens'
        ? tokens.recall?.(presented.candidates[0], terms)
        : undefined;
  if (resolution === undefined) return undefined;
  return { resolution, chosen: presented, isDead: isDead(resolution), lookUps: 1 };
}

/**
 * Resolves the credentials of one carrier. Several cookies of one name, from a parent and a child domain, are each
 * looked up. A good cookie wins over dead cookies. Two good cookies of different people are ambiguous, because an
 * attacker may have planted one. A fault of any look-up is the result for all.
 */
export function resolvePresented(
  presented: UsableCredentials,
  { sessions, tokens, signIns }: Resolvers,
  { requirement, ...terms }: LookUpTerms,
): Promise<Resolved> {
  switch (presented.kind) {
    case 'candidates':
      return resolveCandidates(
        presented.candidates,
        (one) => sessions.resolve(one, requirement, terms.waitUntil),
        (one) => ({ kind: 'candidates', candidates: [one] }),
      );
    case 'tokens':
      return resolveCandidates(
        presented.candidates,
        (one) => tokens.resolve(one, terms),
        (one) => ({ kind: 'tokens', candidates: [one] }),
      );
    case 'sign-in':
      return resolveCandidates(
        presented.candidates,
        async (one) => (await signIns?.resolve(one, terms)) ?? notSignedIn('session_inactive'),
        (one) => ({ kind: 'sign-in', candidates: [one] }),
      );
  }
}

async function resolveCandidates<Candidate>(
  candidates: readonly [Candidate, ...Candidate[]],
  resolve: (candidate: Candidate) => Promise<Resolution>,
  present: (candidate: Candidate) => UsableCredentials,
): Promise<Resolved> {
  const [first] = candidates;
  const lookUps = candidates.length;
  if (lookUps === 1) {
    const resolution = await resolve(first);
    return { resolution, chosen: present(first), isDead: isDead(resolution), lookUps };
  }
  const resolutions = await Promise.all(candidates.map(resolve));
  const resolution = chooseOne(resolutions);
  const winner = candidates[resolutions.indexOf(resolution)];
  const chosen = winner && present(winner);
  if (winner === undefined || resolution.outcome !== 'signed-in') {
    return { resolution, chosen, isDead: resolutions.every(isDead), lookUps };
  }
  // A slow look-up may outlast the lag of the revocation view, so the good credential is checked against it again.
  const confirmed = await resolve(winner);
  const held = confirmed.outcome === 'signed-in' ? resolution : confirmed;
  return { resolution: held, chosen, isDead: false, lookUps: lookUps + 1 };
}

function isDead(resolution: Resolution): boolean {
  return resolution.outcome === 'not-signed-in' && resolution.mayClearCookie;
}

function chooseOne(resolutions: readonly Resolution[]): Resolution {
  const undecided =
    resolutions.find(({ outcome }) => outcome === 'unknown') ??
    resolutions.find(({ outcome }) => outcome !== 'signed-in' && outcome !== 'not-signed-in');
  if (undecided !== undefined) return undecided;
  const good = resolutions.filter((resolution) => resolution.outcome === 'signed-in');
  const [first] = good;
  if (first === undefined) return resolutions[0] ?? notSignedIn('credential_missing');
  const isOfOne = good.every(({ session }) => isOnePerson(session, first.session));
  return isOfOne ? first : notSignedIn('credential_ambiguous');
}

function notSignedIn(reason: Exclude<DenialReason, 'session_aal2_required'>): Resolution {
  const mayClearCookie = reason === 'credential_malformed' || reason === 'token_too_long';
  const provenance = NOTHING_ASKED;
  return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
}

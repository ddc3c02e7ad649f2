import type {
  PresentedCredentials,
  SignInCredential,
  TokenCredential,
  UsableCredentials,
} from '../credentials/credential.ts';
import type { DenialReason } from '../errors/reasons.ts';
import type { Authority } from '../http/authority.ts';
import type { IsolateCounts } from '../revocation/isolate-counts.ts';
import type { Awaitable } from '../runtime/awaitable.ts';
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
export function resolveCredentials(
  all: Iterable<PresentedCredentials>,
  resolvers: Resolvers,
  terms: LookUpTerms,
): Awaitable<Result<Found, 'credential_conflicting'>> {
  const search = new Search(all, resolvers.counts);
  for (let next = search.next(); next !== undefined; next = search.next()) {
    const recalled = recallPresented(next, resolvers, terms);
    if (recalled === undefined) return resolveFrom(next, search, resolvers, terms);
    search.take(next, recalled);
  }
  return search.result();
}

/** Goes on with a search at credentials that cannot be resolved at once. */
async function resolveFrom(
  first: UsableCredentials,
  search: Search,
  resolvers: Resolvers,
  terms: LookUpTerms,
): Promise<Result<Found, 'credential_conflicting'>> {
  search.take(first, await resolvePresented(first, resolvers, terms));
  for (let next = search.next(); next !== undefined; next = search.next()) {
    const recalled = recallPresented(next, resolvers, terms);
    search.take(next, recalled ?? (await resolvePresented(next, resolvers, terms)));
  }
  return search.result();
}

/** The search for the first credential of a request that is not refused. */
class Search {
  readonly #presented: Iterator<PresentedCredentials>;
  readonly #counts: IsolateCounts | undefined;
  readonly #tried: UsableCredentials[] = [];
  readonly #deadCookies: string[] = [];
  #remaining = MAX_LOOK_UPS;
  #isConflicting = false;
  #unusable: Resolution | undefined;
  #refused: Resolved | undefined;
  #found: Resolved | undefined;

  constructor(all: Iterable<PresentedCredentials>, counts: IsolateCounts | undefined) {
    this.#presented = all[Symbol.iterator]();
    this.#counts = counts;
  }

  /** Returns the next credentials to look up; `undefined` at the end of the search. */
  next(): UsableCredentials | undefined {
    while (this.#found === undefined) {
      const { value: presented, done } = this.#presented.next();
      if (done) return undefined;
      if (presented.kind !== 'unusable') {
        const { length } = presented.candidates;
        if (this.#remaining < (length === 1 ? 1 : length + 1)) return undefined;
        this.#tried.push(presented);
        return presented;
      }
      const { reason, carrier } = presented;
      if (reason === 'credential_conflicting') {
        this.#isConflicting = true;
        return undefined;
      }
      this.#unusable ??= notSignedIn(reason);
      // If there are too many cookies, one of them may be valid.
      if (carrier.kind === 'cookie' && reason !== 'credential_ambiguous') {
        this.#deadCookies.push(carrier.cookieName);
      }
    }
    return undefined;
  }

  /** Takes the result for credentials that {@link next} returned. */
  take(presented: UsableCredentials, resolved: Resolved): void {
    if (!isRefused(resolved.resolution)) {
      this.#found = resolved;
      return;
    }
    this.#refused ??= resolved;
    this.#remaining -= resolved.lookUps;
    if (resolved.isDead) this.#deadCookies.push(...cookieNamesOf(presented));
  }

  result(): Result<Found, 'credential_conflicting'> {
    if (this.#isConflicting) return failed('credential_conflicting');
    const { resolution = this.#unusable ?? notSignedIn('credential_missing'), chosen } =
      this.#found ?? this.#refused ?? {};
    count(resolution, this.#counts);
    return success({ resolution, chosen, tried: this.#tried, deadCookies: this.#deadCookies });
  }
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

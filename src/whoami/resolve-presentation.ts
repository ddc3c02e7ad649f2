import type { Credential, Presentation, TokenCredential } from '../credentials/credential.ts';
import type { DenialReason } from '../errors/reasons.ts';
import { NOTHING_ASKED, type Resolution } from './resolution.ts';

/**
 * Who a request is, by whatever it presents. Several cookies of the session's name (parent and child domain)
 * are each resolved; one good one among dead ones wins, two good ones of different identities are nobody's
 * (somebody may have planted one), and a doubt about any of them is a doubt about all.
 */
export async function resolvePresentation(
  presentation: Presentation,
  resolve: (credential: Credential) => Promise<Resolution>,
  resolveToken: (token: TokenCredential) => Promise<Resolution>,
): Promise<Resolution> {
  switch (presentation.kind) {
    case 'none':
      return notSignedIn('credential_missing');
    case 'unusable':
      return notSignedIn(
        presentation.reason === 'credential_conflicting'
          ? 'credential_malformed'
          : presentation.reason,
      );
    case 'candidates':
      return resolveCandidates(presentation.candidates, resolve);
    case 'tokens':
      return resolveCandidates(presentation.candidates, resolveToken);
  }
}

/** The same for candidates of one kind. */
export async function resolveCandidates<Candidate>(
  candidates: readonly [Candidate, ...Candidate[]],
  resolve: (candidate: Candidate) => Promise<Resolution>,
): Promise<Resolution> {
  const [first, ...others] = candidates;
  if (others.length === 0) return resolve(first);
  const resolutions = await Promise.all(candidates.map(resolve));
  const chosen = chooseOne(resolutions);
  const winner = candidates[resolutions.indexOf(chosen)];
  if (chosen.outcome !== 'signed-in' || winner === undefined) return chosen;
  // The slowest may have taken longer than a revocation takes to be known: the good one is held against it once more.
  const confirmed = await resolve(winner);
  return confirmed.outcome === 'signed-in' ? chosen : confirmed;
}

function chooseOne(resolutions: readonly Resolution[]): Resolution {
  const undecided =
    resolutions.find(({ outcome }) => outcome === 'unknown') ??
    resolutions.find(({ outcome }) => outcome !== 'signed-in' && outcome !== 'not-signed-in');
  if (undecided !== undefined) return undecided;
  const good = resolutions.filter((resolution) => resolution.outcome === 'signed-in');
  const [first] = good;
  if (first === undefined) return refuseAll(resolutions);
  const isOnePerson = good.every(
    ({ session }) => session.identity.id === first.session.identity.id,
  );
  return isOnePerson ? first : notSignedIn('credential_ambiguous');
}

/** The first refusal; cookies are cleared by name, so only when every one of them is known to be dead. */
function refuseAll(resolutions: readonly Resolution[]): Resolution {
  const [first] = resolutions;
  if (first?.outcome !== 'not-signed-in') return first ?? notSignedIn('credential_missing');
  const mayClearCookie = resolutions.every(
    (each) => each.outcome === 'not-signed-in' && each.mayClearCookie,
  );
  return first.mayClearCookie === mayClearCookie ? first : { ...first, mayClearCookie };
}

function notSignedIn(reason: Exclude<DenialReason, 'session_aal2_required'>): Resolution {
  const mayClearCookie = reason !== 'credential_missing';
  const provenance = NOTHING_ASKED;
  return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
}

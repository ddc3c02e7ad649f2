import { MAX_KEYCARD_PAGE_BYTES } from '../../http/body-limits.ts';
import { readWholeText } from '../../http/read-bounded-text.ts';
import {
  type KeycardSession,
  readKeycardSession,
} from '../../providers/keycard/keycard-session.ts';
import { endingWith } from '../../providers/keycard/session-tree.ts';
import { passThrough } from '../../providers/pass-through.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import { parseObject } from '../../runtime/json.ts';
import { canonicalId } from '../../session/uuid.ts';
import { type ApiPlan, answerWith, make } from '../../session-changes/api-route.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  ending,
  type Intent,
  NOT_TOLD,
  rechecking,
  settling,
  UNCHANGED,
  unrecordedChange,
} from '../../session-changes/session-change.ts';
import type { KeycardCall, KeycardCaller } from './keycard-caller.ts';
import { endingSubjects, withoutApplications } from './keycard-subjects.ts';
import { isAccepted, listSessionsOf, type ReadFault, readSessionOf } from './keycard-view.ts';

/** A request that ends a session of Keycard's, and with it every session derived from it. */
export interface EndingRequest {
  readonly id: string;
  readonly zoneId: string;
  /** The issuers whose tokens count as the zone's. A zone without any gets no marks. */
  readonly issuers: readonly string[];
  readonly caller: KeycardCaller;
  readonly changes: Pick<ChangeMaker, 'keepsLog' | 'recall'>;
  readonly sent: Pick<KeycardCall, 'method' | 'body'>;
}

/** The state before the request is sent. */
interface Before {
  /** The session, if Keycard shows it to the caller. */
  readonly root: KeycardSession | undefined;
  /** The active sessions of the zone, as Keycard shows them to the caller. */
  readonly listed: readonly KeycardSession[];
  /** The subjects of an earlier request of this caller, of which no answer has told whether it was made. */
  readonly earlier: readonly MarkSubject[];
}

/**
 * Plans the end of a session. Keycard's answer does not name the derived sessions, so they are read before the request is
 * sent, and once more after it. The log keeps them until an answer tells whether the change was made: a retry may find
 * none of them.
 */
export async function planEnd(request: EndingRequest): Promise<ApiPlan> {
  const { zoneId, caller, issuers, changes, sent, id } = request;
  const send = async () => {
    const answer = await caller.send({ ...sent, segments: ['zones', zoneId, 'sessions', id] });
    return answer.ok ? passThrough(answer.value) : answer;
  };
  if (issuers.length === 0 || !changes.keepsLog) return make(unrecordedChange(send));
  const shown = await readBefore(request);
  if ('kind' in shown) {
    return answerWith({ ok: false, failure: 'store_unavailable', retry: shown.retry });
  }
  const recalled = await changes.recall(nameOf(request));
  if (!recalled.ok) return answerWith(recalled);
  const before = { ...shown, earlier: recalled.value };
  const conclude = (answer: ChangeAnswer) => concludeEnd(request, before, answer);
  return make({ intent: intentOf(request, before), send, conclude });
}

/** The request's name in the log, for its retry. */
function nameOf({ zoneId, id, caller }: EndingRequest): string {
  return `keycard:${zoneId}/${canonicalId(id)} ${caller.name}`;
}

/** Reads the session and the zone's active sessions; a fault if they cannot be read to their end. */
async function readBefore(
  request: EndingRequest,
): Promise<Pick<Before, 'root' | 'listed'> | ReadFault> {
  const root = await readSessionOf(request.id, request);
  if (root.kind === 'fault') return root;
  // Keycard shows the caller no such session. An operator's request may still end the sessions derived from it.
  if (root.kind === 'refused' && !request.caller.isGuarded) return { root: undefined, listed: [] };
  const active = await listSessionsOf(request, 'active');
  if (active.kind === 'fault') return active;
  if (active.kind !== 'listed') return { kind: 'fault', retry: {} };
  return { root: root.kind === 'session' ? root.session : undefined, listed: active.sessions };
}

function intentOf(request: EndingRequest, { root, listed, earlier }: Before): Intent {
  const tree = [...subjectsOf(request, root, listed), ...earlier];
  if (tree.length > 0) {
    return { kind: 'known', about: tree, remember: { keys: [nameOf(request)], about: tree } };
  }
  return request.caller.isGuarded
    ? { kind: 'known', about: byId(request) }
    : { kind: 'in-the-answer', needsLog: true };
}

function subjectsOf(
  { id, issuers }: EndingRequest,
  root: KeycardSession | undefined,
  listed: readonly KeycardSession[],
): MarkSubject[] {
  return endingSubjects(endingWith(canonicalId(id), root, listed), issuers);
}

/** Returns the tree with the session itself, by its id if Keycard showed it to no request of the caller. */
function named(request: EndingRequest, tree: readonly MarkSubject[]): readonly MarkSubject[] {
  const id = canonicalId(request.id);
  const isNamed = tree.some((subject) => subject.kind === 'session' && subject.sessionId === id);
  return isNamed ? tree : [...tree, ...byId(request)];
}

function byId({ id, issuers }: EndingRequest): MarkSubject[] {
  return issuers.map((issuer) => ({ kind: 'session', sessionId: id, issuer }));
}

/** Names the session only if it is the caller's: the tokens of the bearer's subject that name the session. */
function byPair({ id, issuers, caller: { principal } }: EndingRequest): MarkSubject[] {
  if (principal === undefined || !issuers.includes(principal.issuer)) return [];
  const { issuer, subject } = principal;
  return [{ kind: 'session-of', sessionId: id, identityId: subject, issuer }];
}

async function concludeEnd(
  request: EndingRequest,
  before: Before,
  answer: ChangeAnswer,
): Promise<Conclusion> {
  const { isGuarded } = request.caller;
  switch (outcomeOf(request, before, answer)) {
    case 'done':
      return concludeTree(request, before, answer);
    case 'over':
      return isGuarded
        ? concludeTree(request, before, answer)
        : concludeOver(request, before, answer);
    case 'refused':
      return concludeRefused(request, before, answer);
    case 'unclear': {
      const tree = [...subjectsOf(request, before.root, before.listed), ...before.earlier];
      // An operator may end any session. For other callers the retry decides.
      return isGuarded ? ending(named(request, tree)) : rechecking(tree);
    }
  }
}

/**
 * The effect of a request. `over`: Keycard no longer has the session, or had revoked it before; an earlier try may have
 * done that. `unclear`: the answer does not tell.
 */
type Outcome = 'done' | 'over' | 'refused' | 'unclear';

const NOT_FOUND_OR_CONFLICT = [404, 409, 410];
/** Refusals that say nothing about the session's state. */
const ABOUT_THE_CALLER = [401, 403, 429];

function outcomeOf({ sent }: EndingRequest, { root }: Before, answer: ChangeAnswer): Outcome {
  if (!answer.ok) return 'unclear';
  const { status, ok } = answer.value;
  if (ok) return 'done';
  if (NOT_FOUND_OR_CONFLICT.includes(status)) return 'over';
  if (status < 400 || status >= 500 || status === 408) return 'unclear';
  // Keycard may refuse to revoke twice with any status.
  const isTwice = sent.method === 'PATCH' && root?.isActive === false;
  return isTwice && !ABOUT_THE_CALLER.includes(status) ? 'over' : 'refused';
}

/**
 * Ends the session and all sessions derived from it, those too that were made between the first list and the change. If
 * Keycard does not list the sessions after the change, all tokens of each person end. If the list fails, the client is
 * asked to try again.
 */
async function concludeTree(
  request: EndingRequest,
  { root: before, listed, earlier }: Before,
  answer: ChangeAnswer,
): Promise<Conclusion> {
  const root = before ?? (await readSessionIn(answer));
  const later = await listLater(request);
  const all = later.kind === 'listed' ? [...listed, ...later.sessions] : listed;
  const tree = [...subjectsOf(request, root, all), ...earlier];
  const isUnlisted = later.kind === 'refused' || later.kind === 'endless';
  const found = isUnlisted ? withoutApplications(tree) : tree;
  const { marks } = ending(named(request, found));
  // A session ended, and its user is not known.
  const isUnknown = tree.length === 0 && answer.ok && answer.value.ok;
  if (later.kind === 'fault' || isUnknown) return { ...NOT_TOLD, marks };
  return { kind: 'changed', marks, settles: nameOf(request) };
}

/**
 * Lists the zone's active sessions, and then those that ended with the change: a session that is revoked meanwhile is in
 * one of the lists.
 */
async function listLater(request: EndingRequest) {
  const active = await listSessionsOf(request, 'active');
  if (active.kind !== 'listed') return active;
  const revoked = await listSessionsOf(request, 'revoked');
  if (revoked.kind !== 'listed') return revoked;
  return { kind: 'listed' as const, sessions: [...active.sessions, ...revoked.sessions] };
}

/** Reads the session that `PATCH` answers with. */
async function readSessionIn(answer: ChangeAnswer): Promise<KeycardSession | undefined> {
  if (!answer.ok || answer.value.status !== 200) return undefined;
  const text = await readWholeText(answer.value.clone(), MAX_KEYCARD_PAGE_BYTES);
  const session = text === undefined ? undefined : readKeycardSession(parseObject(text));
  return session?.names.length === 0 ? undefined : session;
}

/**
 * Concludes for a caller with their own bearer, whose request found the session over. If an earlier request of the caller
 * may have ended it, it ends here as a success does. Otherwise the request proves nothing about the session: ids are no
 * secret, and Keycard answers 404 to anybody. Then only the pair of the id and the bearer's subject is marked.
 */
async function concludeOver(
  request: EndingRequest,
  before: Before,
  answer: ChangeAnswer,
): Promise<Conclusion> {
  const pair = byPair(request);
  if ((before.earlier.length > 0 || pair.length > 0) && before.root === undefined) {
    const accepted = await isAccepted(request);
    if (accepted === 'fault') return NOT_TOLD;
    if (!accepted) return UNCHANGED; // the bearer's claims are not proved
  }
  if (before.earlier.length > 0) {
    const now = await readSessionOf(request.id, request);
    if (now.kind === 'fault') return NOT_TOLD;
    // An active session was ended by no request, so it is not over.
    const isOver = now.kind === 'refused' || now.session.isActive !== true;
    if (isOver) return concludeTree(request, before, answer);
  }
  return { ...ending(pair), settles: nameOf(request) };
}

/**
 * Concludes for a request that Keycard refused. Then the caller has ended nothing, and the log need not keep the session
 * for a retry, unless an earlier request may have ended it.
 */
function concludeRefused(
  request: EndingRequest,
  { root, earlier }: Before,
  answer: ChangeAnswer,
): Conclusion {
  const mayNot = answer.ok && answer.value.status === 403;
  const isKept = root !== undefined || earlier.length > 0;
  return isKept && (mayNot || earlier.length === 0) ? settling(nameOf(request)) : UNCHANGED;
}

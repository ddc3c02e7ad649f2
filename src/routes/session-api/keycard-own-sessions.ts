import type { SignInCredential } from '../../credentials/credential.ts';
import type { Authority } from '../../http/authority.ts';
import { KEYCARD_ID } from '../../providers/keycard/keycard-id.ts';
import { isObject, type JsonObject, textOf } from '../../runtime/json.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { canonicalId } from '../../session/uuid.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import type {
  OwnSession,
  OwnSessionList,
  OwnSessions,
  SignedInUser,
} from '../../session-changes/own-sessions.ts';
import { callerOfPerson, type KeycardAccess, type KeycardCaller } from './keycard-caller.ts';
import { planEnd } from './keycard-end.ts';
import { listOwnSessions, readSessionOf } from './keycard-view.ts';

export interface KeycardOwnSessionsOptions {
  readonly access: KeycardAccess;
  readonly changes: Pick<ChangeMaker, 'keepsLog' | 'recall' | 'make'>;
  /** The zones that may be asked, each with the issuers whose tokens count as that zone's. */
  readonly zones: ReadonlyMap<string, readonly string[]>;
  /** Opens the cookies of a sign-in at an issuer, for its access token; `undefined` without such a sign-in. */
  readonly openSignIn:
    | ((
        credential: SignInCredential,
        host: Authority,
      ) => Promise<{ readonly accessToken: string } | undefined>)
    | undefined;
}

/** A Keycard user, and the way to ask about their sessions. */
interface KeycardUser {
  readonly userId: string;
  readonly zoneId: string;
  readonly issuers: readonly string[];
  readonly caller: KeycardCaller;
}

/** The most pages of a list whose sessions are ended one after another. */
const MAX_PAGES = 10;
/** A session that is over already. */
const OVER = [404, 409, 410];

const NOT_LISTED = failed('session_not_listed' as const);
const DONE = () => success(new Response(null, { status: 204 }));

/**
 * The sessions of a Keycard user who is signed in by a token. Keycard is asked with the service account, or else with the
 * person's own token. A session ends only if it is the person's.
 */
export class KeycardOwnSessions implements OwnSessions {
  readonly #options: KeycardOwnSessionsOptions;

  constructor(options: KeycardOwnSessionsOptions) {
    this.#options = options;
  }

  async list(user: SignedInUser): Promise<Result<OwnSessionList, ApiAnswer>> {
    const asking = await this.#identify(user);
    return asking === undefined ? failed(NOT_LISTED) : listFor(user, asking, 1);
  }

  async end(id: string, user: SignedInUser): Promise<ApiAnswer> {
    if (!KEYCARD_ID.test(id)) return failed('body_not_valid');
    const asking = await this.#identify(user);
    if (asking === undefined) return NOT_LISTED;
    const found = await readSessionOf(id, asking);
    if (found.kind === 'fault') return failed('store_unavailable');
    const isForeign = found.kind === 'session' && found.session.userId !== asking.userId;
    return isForeign ? failed('body_not_valid') : this.#end(id, asking, user);
  }

  async endOthers(user: SignedInUser): Promise<ApiAnswer> {
    const asking = await this.#identify(user);
    if (asking === undefined) return NOT_LISTED;
    const listed = await listFor(user, asking, MAX_PAGES);
    if (!listed.ok) return listed.failure;
    const { others, currentParents } = listed.value;
    for (const { id } of others) {
      if (currentParents.has(id)) continue; // its end would be the end of the request's own session
      const ended = await this.#end(id, asking, user);
      if (!ended.ok || !ended.value.ok) return ended;
    }
    return DONE();
  }

  async #end(id: string, asking: KeycardUser, { waitUntil }: SignedInUser): Promise<ApiAnswer> {
    const { changes } = this.#options;
    const plan = await planEnd({ ...asking, id, changes, sent: { method: 'DELETE' } });
    const answer = plan.kind === 'make' ? await changes.make(plan.change, waitUntil) : plan.answer;
    return answer.ok ? told(answer.value) : answer;
  }

  async #identify(user: SignedInUser): Promise<KeycardUser | undefined> {
    const { document, identity } = user.resolution.session;
    const { issuer } = document;
    // A token with `act` is for somebody who acts for the user (RFC 8693 section 4.1), and not for their own sessions.
    const isOwn = document.session_type === 'user' && !isDelegated(document);
    const userId = isOwn ? textOf(document.user_id) : undefined;
    if (userId === undefined || typeof issuer !== 'string') return undefined;
    const zone = this.#zoneOf(issuer, document);
    const principal = { issuer, subject: identity.id };
    const bearer = await this.#tokenOf(user);
    const caller =
      zone && (await callerOfPerson(user, { principal, bearer }, this.#options.access));
    return caller && zone && { ...zone, userId: canonicalId(userId), caller };
  }

  /** Finds the zone of the token. An issuer whose URL names no zone may belong to several: then there is none. */
  #zoneOf(issuer: string, { zone_id: named }: JsonObject) {
    const zones = [...this.#options.zones]
      .filter(([id, issuers]) => issuers.includes(issuer) && (named === undefined || id === named))
      .map(([zoneId, issuers]) => ({ zoneId, issuers }));
    return zones.length === 1 ? zones[0] : undefined;
  }

  async #tokenOf({ chosen, target }: SignedInUser): Promise<string | undefined> {
    switch (chosen.kind) {
      case 'tokens':
        return chosen.candidates[0].value;
      case 'sign-in':
        return (await this.#options.openSignIn?.(chosen.candidates[0], target.host))?.accessToken;
      case 'candidates':
        return undefined;
    }
  }
}

/** Whether the session is of a token with `act` (`keycard-token.ts`). */
function isDelegated({ session_data: data }: JsonObject): boolean {
  return isObject(data) && data.act !== undefined;
}

interface ListedFor extends OwnSessionList {
  /** The sessions from which that of the request was derived. */
  readonly currentParents: ReadonlySet<string>;
}

async function listFor(
  user: SignedInUser,
  asking: KeycardUser,
  maxPages: number,
): Promise<Result<ListedFor, ApiAnswer>> {
  const listing = await listOwnSessions(asking, asking.userId, maxPages);
  if (listing.kind === 'refused') return failed(NOT_LISTED);
  if (listing.kind === 'fault') return failed(failed('store_unavailable'));
  const sessions = listing.documents.flatMap((document): OwnSession[] => {
    const id = textOf(document.id);
    return id === undefined || !KEYCARD_ID.test(id) ? [] : [{ id, document }];
  });
  const { id: tokens } = user.resolution.session.document; // it may be that of the token
  const current = sessions.find(({ id }) => id === tokens);
  return success({
    currentId: current?.id,
    others: sessions.filter((session) => session !== current),
    isCut: listing.isCut || sessions.length < listing.documents.length, // an id is optional
    currentParents: parentsOf(current, sessions),
  });
}

function parentsOf(
  session: OwnSession | undefined,
  sessions: readonly OwnSession[],
): ReadonlySet<string> {
  const parents = new Set<string>();
  for (let at = session; at !== undefined; ) {
    const parentId = textOf(at.document.parent_id);
    if (parentId === undefined || parents.has(parentId)) break;
    parents.add(parentId);
    at = sessions.find(({ id }) => id === parentId);
  }
  return parents;
}

/** Reads Keycard's answer to the end of a session. A refusal of the caller is none of the person. */
function told(response: Response): ApiAnswer {
  const { status } = response;
  if (OVER.includes(status)) return DONE();
  return status === 401 || status === 403 ? NOT_LISTED : success(response);
}

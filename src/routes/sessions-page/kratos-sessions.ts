import type { Upstream } from '../../providers/upstream.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { readUuid } from '../../session/uuid.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import {
  ALL_OTHER_SESSIONS,
  endSessions,
  oneSession,
  type SessionOwner,
} from '../../session-changes/end-sessions.ts';
import { readOtherSessions } from '../../session-changes/other-sessions.ts';
import type {
  OwnSessionList,
  OwnSessions,
  SignedInUser,
} from '../../session-changes/own-sessions.ts';

/** The limit of sessions on the page, which is for people to read. Kratos sends each with its whole identity. */
const SHOWN_AT_MOST = 100;

/** The sessions of a person who is signed in at Kratos, by the person's own credential. */
export class KratosSessions implements OwnSessions {
  readonly #kratos: Upstream;
  readonly #changes: Pick<ChangeMaker, 'make'>;

  constructor(kratos: Upstream, changes: Pick<ChangeMaker, 'make'>) {
    this.#kratos = kratos;
    this.#changes = changes;
  }

  async list(user: SignedInUser): Promise<Result<OwnSessionList, ApiAnswer>> {
    const owner = ownerOf(user);
    if (owner === undefined) return failed(NOT_LISTED);
    const first = { page: 1, size: SHOWN_AT_MOST };
    const listed = await readOtherSessions(this.#kratos, owner.credential, first);
    if (!listed.ok) return listed;
    const { sessions: others, isLast } = listed.value;
    return success({ currentId: user.resolution.session.id, others, isCut: !isLast });
  }

  async end(text: string, user: SignedInUser): Promise<ApiAnswer> {
    const id = readUuid(text);
    if (id === undefined || id === user.resolution.session.id) return failed('body_not_valid');
    const owner = ownerOf(user);
    if (owner === undefined) return NOT_LISTED;
    const change = endSessions(oneSession(id), owner, this.#kratos);
    return this.#changes.make(change, user.waitUntil);
  }

  async endOthers(user: SignedInUser): Promise<ApiAnswer> {
    const owner = ownerOf(user);
    if (owner === undefined) return NOT_LISTED;
    const change = endSessions(ALL_OTHER_SESSIONS, owner, this.#kratos);
    return this.#changes.make(change, user.waitUntil);
  }
}

const NOT_LISTED = failed('session_not_listed' as const);

function ownerOf({ request, chosen, resolution }: SignedInUser): SessionOwner | undefined {
  if (chosen.kind !== 'candidates') return undefined;
  return { request, credential: chosen.candidates[0], session: resolution.session };
}

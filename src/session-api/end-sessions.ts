import type { Credential } from '../credentials/credential.ts';
import { success } from '../errors/result.ts';
import { readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import { parseObject } from '../providers/kratos/kratos-session.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { Sessions } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import { announced } from './announced.ts';
import type { ApiAnswer } from './api-route.ts';
import { identityMark, resolveSession, sessionMark } from './caller.ts';
import { listOtherSessions } from './other-sessions.ts';
import { sendAsCaller } from './send-as-caller.ts';

export interface EndOptions {
  readonly sessions: Pick<Sessions, 'resolve'>;
  readonly kratos: Upstream;
  readonly announcer: Announcer;
}

/** Somebody who ends sessions of their own. */
export interface Ender {
  readonly request: Request;
  readonly anchor: Anchor;
  readonly credential: Credential;
}

const COUNT_MAX_BYTES = 4096;

/** Ends one session by Kratos's `DELETE /sessions/{id}`; everyone hears of it before the caller does. */
export async function endSession(
  id: string,
  ender: Ender,
  { kratos, announcer }: EndOptions,
): Promise<ApiAnswer> {
  const others = await listOtherSessions(kratos, ender.credential, id);
  if (!others.ok) return others.failure;
  // Whoever names a session that is not theirs causes no mark, whatever Kratos answers.
  const expected = others.value.ids.has(id) ? [sessionMark(id, others.value.identityId)] : [];
  const change = { method: 'DELETE', segments: ['sessions', id] };
  return announced({ announcer, anchor: ender.anchor }, expected, () =>
    sendAsCaller(kratos, change, ender),
  );
}

/** Ends all of a person's sessions but the one they ask with, by Kratos's `DELETE /sessions`. */
export async function endOtherSessions(ender: Ender, options: EndOptions): Promise<ApiAnswer> {
  const { kratos, announcer } = options;
  const others = await listOtherSessions(kratos, ender.credential);
  if (!others.ok) return others.failure;
  const { ids, identityId, isCut } = others.value;
  const expected = Array.from(ids, (id) => sessionMark(id, identityId));
  let text: string | undefined;
  const answer = await announced(
    { announcer, anchor: ender.anchor },
    expected,
    () => sendAsCaller(kratos, { method: 'DELETE', segments: ['sessions'] }, ender),
    async (response) => {
      if (!response.ok) return [];
      text = await readCount(response);
      const isListWhole = !isCut && countIn(text) <= ids.size;
      if (isListWhole) return expected;
      // Somebody signed in between the list and the change: which of the sessions ended is not known.
      return [...expected, ...(await identityOf(ender, options, identityId))];
    },
  );
  return answer.ok && text !== undefined ? success(new Response(text, answer.value)) : answer;
}

async function identityOf(
  { anchor, credential }: Ender,
  { sessions }: EndOptions,
  known: string | undefined,
): Promise<MarkSubject[]> {
  const id = known ?? (await resolveSession(credential, anchor, sessions))?.identity.id;
  return id === undefined ? [] : [identityMark(id)];
}

async function readCount(response: Response): Promise<string | undefined> {
  try {
    const text = await readBoundedText(response, COUNT_MAX_BYTES);
    return text === TOO_LONG ? '' : text;
  } catch {
    return '';
  }
}

/** What cannot be read counts as more than was listed. */
function countIn(text: string | undefined): number {
  const count = parseObject(text ?? '')?.count;
  return typeof count === 'number' ? count : Number.POSITIVE_INFINITY;
}

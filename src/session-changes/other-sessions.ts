import type { Credential } from '../credentials/credential.ts';
import { MAX_KRATOS_PAGE_BYTES } from '../http/body-limits.ts';
import { readWholeText } from '../http/read-bounded-text.ts';
import { credentialHeaders } from '../providers/kratos/credential-headers.ts';
import { passThrough } from '../providers/pass-through.ts';
import type { Upstream } from '../providers/upstream.ts';
import { type JsonObject, type JsonValue, parseArray } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { readUuid } from '../session/uuid.ts';
import type { ApiAnswer } from './api-route.ts';

/** A session in Kratos's list. */
export interface ListedSession {
  readonly id: string;
  readonly identityId: string | undefined;
  readonly document: JsonObject;
}

export interface ListedPage {
  readonly sessions: readonly ListedSession[];
  /** Whether this is the last page: Kratos listed fewer sessions than were asked for, unreadable ones included. */
  readonly isLast: boolean;
}

/**
 * Reads one page of Kratos's list of the caller's other sessions.
 *
 * @param page its number, from 1, and its size in sessions
 */
export async function readOtherSessions(
  kratos: Upstream,
  credential: Credential,
  { page, size }: { readonly page: number; readonly size: number },
): Promise<Result<ListedPage, ApiAnswer>> {
  const sent = await kratos.send({
    method: 'GET',
    segments: ['sessions'],
    query: `page=${page}&per_page=${size}`,
    headers: { accept: 'application/json', ...credentialHeaders(credential) },
  });
  if (!sent.ok) return failed(sent);
  if (sent.value.status !== 200) return failed(passThrough(sent.value));
  const listed = await readPage(sent.value, size);
  return listed === undefined ? failed(failed('upstream_not_valid')) : success(listed);
}

async function readPage(response: Response, size: number): Promise<ListedPage | undefined> {
  const text = await readWholeText(response, MAX_KRATOS_PAGE_BYTES);
  const list = text === undefined ? undefined : parseArray(text);
  return list && { sessions: list.flatMap(readListed), isLast: list.length < size };
}

function readListed(value: JsonValue): ListedSession[] {
  if (typeof value !== 'object' || value === null || !('id' in value)) return [];
  const id = readUuid(value.id);
  const { identity } = value;
  const identityId =
    typeof identity === 'object' && identity !== null && 'id' in identity
      ? readUuid(identity.id)
      : undefined;
  return id === undefined ? [] : [{ id, identityId, document: value }];
}

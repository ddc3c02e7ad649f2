import type { Credential } from '../credentials/credential.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { readBoundedText, TOO_LONG } from '../http/read-bounded-text.ts';
import { credentialHeaders } from '../providers/kratos/credential-headers.ts';
import type { Upstream } from '../providers/upstream.ts';
import type { JsonObject, JsonValue } from '../session/session.ts';
import type { ApiAnswer } from './api-route.ts';
import { passThrough } from './pass-through.ts';
import { readUuid } from './uuid.ts';

/** The other active sessions of whoever a credential belongs to, as the store lists them. */
export interface OtherSessions {
  readonly ids: ReadonlySet<string>;
  /** Known when there is at least one. */
  readonly identityId: string | undefined;
  /** Whether there are more than were looked at. */
  readonly isCut: boolean;
}

const PAGE_SIZE = 250;
/** 10,000 sessions of one person, in fewer calls than the platform allows one request. */
const MAX_PAGES = 40;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Asks the store for the caller's other sessions, until `wanted` is among them or to the end.
 *
 * Kratos answers the deletion of a session that is somebody else's with the same 204 as its own, so only this
 * list tells which ids the caller may speak of. What the store says in place of a list is its answer to the
 * caller: the failure.
 */
export async function listOtherSessions(
  kratos: Upstream,
  credential: Credential,
  wanted?: string,
): Promise<Result<OtherSessions, ApiAnswer>> {
  const ids = new Set<string>();
  let identityId: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const read = await readOtherSessions(kratos, credential, { page, size: PAGE_SIZE });
    if (!read.ok) return read;
    const { sessions, isLast } = read.value;
    for (const session of sessions) {
      ids.add(session.id);
      identityId = session.identityId ?? identityId;
    }
    const isFound = wanted !== undefined && ids.has(wanted);
    if (isFound || isLast) return success({ ids, identityId, isCut: false });
  }
  return success({ ids, identityId, isCut: true });
}

/** A session as it stands in the list. */
export interface ListedSession {
  readonly id: string;
  readonly identityId: string | undefined;
  readonly document: JsonObject;
}

export interface ListedPage {
  readonly sessions: readonly ListedSession[];
  /** Whether nothing follows, by how many there are: what of them can be read is another matter. */
  readonly isLast: boolean;
}

/** @param page from 1, of so many sessions each */
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
  try {
    const text = await readBoundedText(response, MAX_PAGE_BYTES);
    if (text === TOO_LONG) return undefined;
    const list = JSON.parse(text) as JsonValue; // JSON.parse gives nothing but JSON values
    if (!Array.isArray(list)) return undefined;
    return { sessions: list.flatMap(readListed), isLast: list.length < size };
  } catch {
    return undefined;
  }
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

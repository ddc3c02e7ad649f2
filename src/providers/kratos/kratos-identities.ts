import { MAX_KRATOS_PAGE_BYTES } from '../../http/body-limits.ts';
import { readWholeText } from '../../http/read-bounded-text.ts';
import { type JsonValue, parseArray } from '../../runtime/json.ts';
import { type NamesById, namesOf } from '../../session/identity-names.ts';
import { readUuid } from '../../session/uuid.ts';
import type { Upstream } from '../upstream.ts';

/** Reads identities from Kratos's admin API (`identity/handler.go`, `GET /admin/identities`). */
export interface KratosIdentities {
  /**
   * Finds the identity that signs in with an address.
   *
   * @returns the identity's names, empty when there is no such identity; `undefined` when there is no usable answer
   */
  findByAddress(address: string): Promise<string[] | undefined>;
  /**
   * Reads all names of identities.
   *
   * @param ids UUIDs, in lower case
   * @returns the names of the identities that exist; `undefined` when there is no usable answer
   */
  readNames(ids: readonly string[]): Promise<NamesById | undefined>;
}

/** The most ids in one call. Kratos accepts 500. With 100, the URL stays below 5 KB, which every proxy accepts. */
const IDS_OF_ONE_CALL = 100;

export function createKratosIdentities(
  kratosAdmin: Upstream,
  apiKey: string | undefined,
): KratosIdentities {
  const list = (query: URLSearchParams) => listIdentities(kratosAdmin, apiKey, query);
  return {
    async findByAddress(address) {
      const found = await list(new URLSearchParams({ credentials_identifier: address }));
      return found?.flatMap(namesOf);
    },
    async readNames(ids) {
      const pages = await Promise.all(inParts(ids).map((part) => list(byIds(part))));
      const found = pages.flat();
      return found.includes(undefined) ? undefined : namesById(found, ids);
    },
  };
}

function inParts(ids: readonly string[]): string[][] {
  const count = Math.ceil(ids.length / IDS_OF_ONE_CALL);
  return Array.from({ length: count }, (_, index) =>
    ids.slice(index * IDS_OF_ONE_CALL, (index + 1) * IDS_OF_ONE_CALL),
  );
}

function byIds(ids: readonly string[]): URLSearchParams {
  return new URLSearchParams([
    ['page_size', String(IDS_OF_ONE_CALL)],
    ...ids.map((id) => ['ids', id]),
  ]);
}

/** Keeps only the requested identities: a Kratos that does not know the filter lists any identities. */
function namesById(found: readonly (JsonValue | undefined)[], ids: readonly string[]): NamesById {
  const asked = new Set(ids);
  const names = new Map<string, readonly string[]>();
  for (const identity of found) {
    const own = namesOf(identity);
    const id = readUuid(own[0]);
    if (id !== undefined && asked.has(id)) names.set(id, own);
  }
  return names;
}

async function listIdentities(
  kratosAdmin: Upstream,
  apiKey: string | undefined,
  query: URLSearchParams,
): Promise<readonly JsonValue[] | undefined> {
  const sent = await kratosAdmin.send({
    method: 'GET',
    segments: ['admin', 'identities'],
    query: query.toString(),
    headers: {
      accept: 'application/json',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
  });
  if (!sent.ok) return undefined;
  if (sent.value.status !== 200) {
    void sent.value.body?.cancel().catch(() => {}); // the body is not read
    return undefined;
  }
  const text = await readWholeText(sent.value, MAX_KRATOS_PAGE_BYTES);
  return text === undefined ? undefined : parseArray(text);
}

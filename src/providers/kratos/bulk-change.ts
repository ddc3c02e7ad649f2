// Pure: no I/O, no clock.

import { type InvalidPart, invalidBody } from '../../http/invalid-part.ts';
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import { type Result, success } from '../../runtime/result.ts';
import { readKratosId } from './kratos-id.ts';

/** A `POST /admin/sessions`: its action, and the sessions or identities that it changes. */
export type BulkChange =
  | {
      readonly kind: 'sessions' | 'identities';
      readonly action: 'disable' | 'delete';
      readonly ids: readonly string[];
    }
  | { readonly kind: 'everybody'; readonly action: 'disable' | 'delete' };

/** Kratos refuses more ids (`session/handler.go`). */
const MAX_IDS = 500;

/**
 * Reads a bulk change as Kratos does: an action, and either sessions by id, identities by id, or the wildcard alone for
 * all identities. An empty list counts as none. Postern makes no marks for a change that Kratos would refuse.
 */
export function readBulkChange(body: JsonObject): Result<BulkChange, never> | InvalidPart {
  const { action } = body;
  if (action !== 'disable' && action !== 'delete') {
    return invalidBody('"action" must be "disable" or "delete".');
  }
  const lists = (['sessions', 'identities'] as const).filter((kind) => !isEmpty(body[kind]));
  const [kind] = lists;
  if (kind === undefined || lists.length > 1) return invalidBody(NOT_ONE_LIST);
  const list = body[kind];
  if (!Array.isArray(list)) return invalidBody(NOT_ONE_LIST);
  if (list.includes('*')) {
    return kind === 'identities' && list.length === 1
      ? success({ kind: 'everybody', action })
      : invalidBody('"*" must be alone, and in "identities".');
  }
  const ids = readIds(list, kind);
  return ids.ok ? success({ kind, action, ids: ids.value }) : ids;
}

const NOT_ONE_LIST = 'Exactly one of "identities" and "sessions" must be a list that is not empty.';

function isEmpty(list: JsonValue | undefined): boolean {
  return list === undefined || list === null || (Array.isArray(list) && list.length === 0);
}

/**
 * Builds the body to send from a change that was read. Go would read the original text in another way than Postern
 * when a member occurs twice or in another case.
 */
export function bulkChangeBody(change: BulkChange): string {
  const { action } = change;
  if (change.kind === 'everybody') return JSON.stringify({ action, identities: ['*'] });
  return JSON.stringify({ action, [change.kind]: change.ids });
}

function readIds(
  list: readonly JsonValue[],
  kind: 'sessions' | 'identities',
): Result<string[], never> | InvalidPart {
  if (list.length > MAX_IDS) {
    return invalidBody(`"${kind}" may hold ${MAX_IDS} ids; divide the list over several requests.`);
  }
  const ids: string[] = [];
  for (const [index, value] of list.entries()) {
    const id = readKratosId(value);
    if (id === undefined) {
      return invalidBody(`"${kind}" must hold UUIDs; number ${index + 1} is none.`);
    }
    ids.push(id);
  }
  return success(ids);
}

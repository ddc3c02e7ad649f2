// Pure: no I/O, no clock.
import type { JsonObject, JsonValue } from '../../runtime/json.ts';
import { readUuid } from '../../session/uuid.ts';

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
 * Reads a bulk change as Kratos does: an action, and either sessions by id, identities by id, or the wildcard alone
 * for all identities. `undefined` for any other body, so that Postern makes no marks for a change that Kratos would
 * refuse.
 */
export function readBulkChange(body: JsonObject): BulkChange | undefined {
  const { action, sessions, identities } = body;
  if (action !== 'disable' && action !== 'delete') return undefined;
  const isBoth = sessions !== undefined && identities !== undefined;
  if (isBoth) return undefined;
  if (Array.isArray(identities) && identities.length === 1 && identities[0] === '*') {
    return { kind: 'everybody', action };
  }
  const kind = sessions === undefined ? 'identities' : 'sessions';
  const ids = readIds(sessions ?? identities);
  return ids && { kind, action, ids };
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

function readIds(value: JsonValue | undefined): string[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_IDS) return undefined;
  const ids = value.map(readUuid);
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

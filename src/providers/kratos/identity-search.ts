import { readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import { namesOf } from '../../session/identity-names.ts';
import type { JsonValue } from '../../session/session.ts';
import type { Upstream } from '../upstream.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Finds the identity that signs in by an address, by Kratos's `GET /admin/identities?credentials_identifier=`
 * (`identity/handler.go`).
 *
 * @returns a function that gives the identity's names, none when there is no such identity; `undefined` when there is
 *   no usable answer
 */
export function createIdentitySearch(kratosAdmin: Upstream, apiKey: string | undefined) {
  return async function findByAddress(address: string): Promise<string[] | undefined> {
    const sent = await kratosAdmin.send({
      method: 'GET',
      segments: ['admin', 'identities'],
      query: new URLSearchParams({ credentials_identifier: address }).toString(),
      headers: {
        accept: 'application/json',
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
    });
    if (!sent.ok || sent.value.status !== 200) return undefined;
    try {
      const text = await readBoundedText(sent.value, MAX_BODY_BYTES);
      const list = text === TOO_LONG ? null : (JSON.parse(text) as JsonValue); // nothing but JSON values
      return Array.isArray(list) ? list.flatMap(namesOf) : undefined;
    } catch {
      return undefined;
    }
  };
}

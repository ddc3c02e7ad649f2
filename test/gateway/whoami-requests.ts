import type { RawResponse } from '../support/parse-response.ts';
import { get, header, type RawHeaders, type RawRequestOptions } from '../support/raw-http.ts';

/** A credential on each of Kratos's three ways. */
export const byToken = (token: string) => ({ 'X-Session-Token': token });
export const byCookie = (cookie: string) => ({ Cookie: cookie });
export const byBearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** A delay of the store in milliseconds, after which KV has answered. */
export const SLOW_MS = 200;

/** Asks whoami at this port. */
export function whoami(
  port: number,
  headers: RawHeaders = {},
  { query = '', ...options }: { readonly query?: string } & RawRequestOptions = {},
): Promise<RawResponse> {
  return get(port, `/sessions/whoami${query}`, headers, options);
}

/** Returns the source of an answer, by its headers. */
export function cacheStatus(response: RawResponse): string | undefined {
  return header(response, 'cache-status');
}

/** The id of the session in the answer; `undefined` when there is none. */
export function sessionIdOf(response: RawResponse): string | undefined {
  if (response.status !== 200) return undefined;
  const { id } = JSON.parse(response.text) as { id: string }; // a whoami 200 is a session document
  return id;
}

/** Number of whoami calls at the stand-in since its record was cleared. */
export async function whoamiCalls(kratos: {
  calls(): Promise<{ counts: Record<string, number> }>;
}): Promise<number> {
  return (await kratos.calls()).counts['GET /sessions/whoami'] ?? 0;
}

/** A token of the right form that was never issued. */
export function strangersToken(): string {
  return `ory_st_${crypto.randomUUID().replaceAll('-', '')}`;
}

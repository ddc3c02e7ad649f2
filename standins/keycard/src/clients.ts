import type { Context } from 'hono';
import * as v from 'valibot';
import { readBasicClient } from './authorization-server.ts';
import { store } from './store.ts';

/** A client of the zone. */
export interface Client {
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  /** `undefined`: a public client. */
  readonly secret?: string | undefined;
  /** Whether it gets refresh tokens. A client that registered itself gets none. */
  readonly refreshes?: boolean;
}

const NewClient = v.strictObject({
  clientId: v.string(),
  secret: v.optional(v.string()),
  redirectUris: v.array(v.string()),
  postLogoutRedirectUris: v.optional(v.array(v.string()), () => []),
});

/** `PUT /.standin/clients`: a client as an administrator of the zone makes it. */
export async function putClient(c: Context): Promise<Response> {
  const parsed = v.safeParse(NewClient, await c.req.json());
  if (!parsed.success) return c.text(v.summarize(parsed.issues), 400);
  const { clientId, ...client } = parsed.output;
  store.clients.set(clientId, { ...client, refreshes: true });
  return c.body(null, 204);
}

/**
 * Whether a request to the token or the revocation endpoint comes from this client. A confidential client sends its
 * secret by HTTP Basic, a public client its id alone (RFC 6749 sections 2.3.1 and 3.2.1).
 */
export function isAuthentic(c: Context, form: URLSearchParams, clientId: string): boolean {
  const client = store.clients.get(clientId);
  if (client?.secret === undefined) return form.get('client_id') === clientId;
  const sent = readBasicClient(c.req.header('Authorization'));
  return sent?.id === clientId && sent.secret === client.secret;
}

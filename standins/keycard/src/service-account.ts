import type { Context } from 'hono';
import { keycardError } from './keycard-error.ts';
import { CLIENT_ID, CLIENT_SECRET, issueBearer, store } from './session-store.ts';

/** `POST /service-account-token`: client credentials by HTTP Basic (RFC 6749 section 4.4). */
export async function issueServiceAccountToken(c: Context): Promise<Response> {
  const expected = `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}`;
  if (c.req.header('authorization') !== expected) {
    return keycardError(401, 'invalid_client', 'The client is not known.');
  }
  const form = new URLSearchParams(await c.req.text());
  if (form.get('grant_type') !== 'client_credentials') {
    return keycardError(400, 'unsupported_grant_type', 'Only client_credentials is supported.');
  }
  return Response.json({
    access_token: issueBearer({ zoneId: null, access: 'write' }),
    token_type: 'Bearer',
    expires_in: store.settings.tokenTtlSeconds,
  });
}

// A gate as Clerk's documentation has it: authenticateRequest() without network, by the public key of the instance, and the headers
// of jose-per-request.js for the origin. It has no rules and no revocation.
import { createClerkClient } from '@clerk/backend';

let client;

export default {
  async fetch(request, { ORIGIN, CLERK }) {
    client ??= createClerkClient(CLERK);
    const state = await client.authenticateRequest(request);
    if (!state.isAuthenticated) return new Response(null, { status: 401 });
    const { userId, sessionClaims } = state.toAuth();
    const forwarded = new Request(request);
    forwarded.headers.delete('Authorization');
    forwarded.headers.set('X-User-Id', userId);
    forwarded.headers.set('X-User-Email', sessionClaims.email);
    forwarded.headers.set('X-User-Roles', sessionClaims.roles.join(','));
    return ORIGIN.fetch(forwarded);
  },
};

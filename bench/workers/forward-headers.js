// The floor of a gate that knows beforehand whom it lets through: the client's headers without its credential, eight of
// the gate's own, a deadline for the origin, and an answer whose headers can be changed.
const ASSERTION = 'a'.repeat(600);
const TIMEOUT_MS = 30_000;

export default {
  async fetch(request, { ORIGIN }) {
    const { method, body } = request;
    const headers = new Headers(request.headers);
    headers.delete('x-session-token');
    headers.set('host', 'app.example.com');
    headers.set('x-forwarded-proto', 'https');
    headers.set('x-forwarded-host', 'app.example.com');
    headers.set('postern-hops', 'app.example.com');
    headers.set('x-user-id', 'b8f5a3de-31c0-4bb4-8f4d-000000000001');
    headers.set('x-user-email', 'person-1@example.com');
    headers.set('x-user-roles', 'admin,staff');
    headers.set('x-session-assertion', ASSERTION);
    const deadline = Promise.withResolvers();
    const timer = setTimeout(deadline.resolve, TIMEOUT_MS);
    const call = ORIGIN.fetch('https://app.example.com/account', {
      method,
      headers,
      body,
      redirect: 'manual',
    });
    const answered = await Promise.race([call, deadline.promise]);
    clearTimeout(timer);
    if (answered === undefined) return new Response(null, { status: 504 });
    const response = new Response(answered.body, answered);
    response.headers.set('cache-control', 'private, no-store');
    response.headers.append('vary', 'Cookie, Authorization, X-Session-Token');
    response.headers.append('cache-status', 'postern; hit; ttl=27; detail=memory');
    return response;
  },
};

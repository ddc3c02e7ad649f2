// The floor of a gate on a path that asks for no session: the client's headers without its credential, four of the gate's
// own, a deadline for the origin, and an answer whose headers can be changed.
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
    const deadline = Promise.withResolvers();
    const timer = setTimeout(deadline.resolve, TIMEOUT_MS);
    const call = ORIGIN.fetch('https://app.example.com/public/page', {
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
    return response;
  },
};

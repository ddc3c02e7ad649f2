// What a user would write by hand: sessions in KV for a minute, its least, the store asked otherwise, and the headers of
// forward-headers.js for the origin. The key is the whole cookie. It has no rules, no revocation and no fault that is not a refusal.
const ASSERTION = 'a'.repeat(600);
const TIMEOUT_MS = 30_000;
const FRESH_SECONDS = 60;

async function sessionOf(cookie, { KRATOS, KV }) {
  const found = await KV.get(cookie, 'json');
  if (found !== null) return found;
  const headers = { cookie };
  const answer = await KRATOS.fetch('https://auth.example.com/sessions/whoami', { headers });
  if (answer.status !== 200) return undefined;
  const session = await answer.json();
  await KV.put(cookie, JSON.stringify(session), { expirationTtl: FRESH_SECONDS });
  return session;
}

export default {
  async fetch(request, env) {
    const cookie = request.headers.get('cookie');
    const session = cookie === null ? undefined : await sessionOf(cookie, env);
    if (session === undefined) return new Response(null, { status: 401 });
    const { pathname, search } = new URL(request.url);
    const { method, body } = request;
    const { id, traits, metadata_public } = session.identity;
    const headers = new Headers(request.headers);
    headers.delete('cookie');
    headers.set('host', 'app.example.com');
    headers.set('x-forwarded-proto', 'https');
    headers.set('x-forwarded-host', 'app.example.com');
    headers.set('x-user-id', id);
    headers.set('x-user-email', traits.email);
    headers.set('x-user-roles', metadata_public.roles.join(','));
    headers.set('x-session-assertion', ASSERTION);
    const deadline = Promise.withResolvers();
    const timer = setTimeout(deadline.resolve, TIMEOUT_MS);
    const url = `https://app.example.com${pathname}${search}`;
    const call = env.ORIGIN.fetch(url, { method, headers, body, redirect: 'manual' });
    const answered = await Promise.race([call, deadline.promise]);
    clearTimeout(timer);
    if (answered === undefined) return new Response(null, { status: 504 });
    const response = new Response(answered.body, answered);
    response.headers.set('cache-control', 'private, no-store');
    response.headers.append('vary', 'Cookie, Authorization, X-Session-Token');
    return response;
  },
};

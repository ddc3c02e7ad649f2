// The floor of a gate for a token seen for the first time: verify-forward.js with the headers, the deadline and the answer
// of forward-headers.js.
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ASSERTION = 'a'.repeat(600);
const TIMEOUT_MS = 30_000;
const encoder = new TextEncoder();
let key;

async function isSigned(token, KEY) {
  key ??= await crypto.subtle.importKey('jwk', KEY, ECDSA, false, ['verify']);
  const end = token.lastIndexOf('.');
  const signature = Uint8Array.fromBase64(token.slice(end + 1), { alphabet: 'base64url' });
  return crypto.subtle.verify(ECDSA, key, signature, encoder.encode(token.slice(0, end)));
}

export default {
  async fetch(request, { ORIGIN, KEY }) {
    const token = request.headers.get('authorization').slice('Bearer '.length);
    if (!(await isSigned(token, KEY))) return new Response(null, { status: 401 });
    const { method, body } = request;
    const headers = new Headers(request.headers);
    headers.delete('authorization');
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
    return response;
  },
};

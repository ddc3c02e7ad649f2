// The floor of a gate for a token seen for the first time: the checks that every verifier owes (RFC 8725 sections 3.1, 3.8,
// 3.9 and 3.12, RFC 7519 section 4.1: algorithm, key, issuer, audience, times), then one signature, and the headers, the deadline and the
// answer of forward-headers.js. The headers name the token's user. With ASSERTION_KEY it signs an assertion of the user,
// as a gate does whose origin trusts no plain header; without it, that header is constant.
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const BASE64URL = { alphabet: 'base64url' };
const ISSUER = 'https://auth.example.com/';
const AUDIENCE = 'postern';
const TOLERANCE_SECONDS = 5;
const ASSERTION = 'a'.repeat(600);
const TIMEOUT_MS = 30_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let key;
let assertionKey;

/** Returns the claims of a token that is good now; `undefined` for every other token. */
async function verify(token, KEY) {
  const [header, payload, signature, ...others] = token.split('.');
  if (signature === undefined || others.length > 0) return undefined;
  const { alg, kid } = read(header);
  if (alg !== 'ES256' || kid !== KEY.kid) return undefined;
  const claims = read(payload);
  const now = Date.now() / 1000;
  const audiences = [claims.aud].flat();
  if (claims.iss !== ISSUER || !audiences.includes(AUDIENCE)) return undefined;
  if (!(claims.exp > now - TOLERANCE_SECONDS) || claims.nbf > now + TOLERANCE_SECONDS)
    return undefined;
  key ??= await crypto.subtle.importKey('jwk', KEY, ECDSA, false, ['verify']);
  const signed = encoder.encode(token.slice(0, -signature.length - 1));
  const bytes = Uint8Array.fromBase64(signature, BASE64URL);
  return (await crypto.subtle.verify(ECDSA, key, bytes, signed)) ? claims : undefined;
}

function read(part) {
  return JSON.parse(decoder.decode(Uint8Array.fromBase64(part, BASE64URL)));
}

async function assertionOf({ sub, sid }, ASSERTION_KEY) {
  if (ASSERTION_KEY === undefined) return ASSERTION;
  assertionKey ??= await crypto.subtle.importKey('jwk', ASSERTION_KEY, ECDSA, false, ['sign']);
  const iat = Math.floor(Date.now() / 1000);
  const iss = 'https://app.example.com';
  const claims = { iss, aud: iss, sub, sid, iat, exp: iat + 60 };
  const signed = `${write({ alg: 'ES256', kid: ASSERTION_KEY.kid })}.${write(claims)}`;
  const signature = await crypto.subtle.sign(ECDSA, assertionKey, encoder.encode(signed));
  return `${signed}.${new Uint8Array(signature).toBase64({ ...BASE64URL, omitPadding: true })}`;
}

function write(part) {
  return encoder.encode(JSON.stringify(part)).toBase64({ ...BASE64URL, omitPadding: true });
}

export default {
  async fetch(request, { ORIGIN, KEY, ASSERTION_KEY }) {
    const token = request.headers.get('authorization').slice('Bearer '.length);
    const claims = await verify(token, KEY);
    if (claims === undefined) return new Response(null, { status: 401 });
    const { method, body } = request;
    const headers = new Headers(request.headers);
    headers.delete('authorization');
    headers.set('host', 'app.example.com');
    headers.set('x-forwarded-proto', 'https');
    headers.set('x-forwarded-host', 'app.example.com');
    headers.set('postern-hops', 'app.example.com');
    headers.set('x-user-id', claims.sub);
    headers.set('x-user-email', claims.email);
    headers.set('x-user-roles', claims.roles.join(','));
    headers.set('x-session-assertion', await assertionOf(claims, ASSERTION_KEY));
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

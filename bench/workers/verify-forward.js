// The floor of a token seen for the first time: one signature verified, with nothing asked of header or claims, and
// the request forwarded as it is.
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const encoder = new TextEncoder();
let key;

export default {
  async fetch(request, { ORIGIN, KEY }) {
    key ??= await crypto.subtle.importKey('jwk', KEY, ECDSA, false, ['verify']);
    const token = request.headers.get('authorization').slice('Bearer '.length);
    const end = token.lastIndexOf('.');
    const signature = Uint8Array.fromBase64(token.slice(end + 1), { alphabet: 'base64url' });
    const signed = encoder.encode(token.slice(0, end));
    const isSigned = await crypto.subtle.verify(ECDSA, key, signature, signed);
    return isSigned ? ORIGIN.fetch(request) : new Response(null, { status: 401 });
  },
};

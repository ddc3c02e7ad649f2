/**
 * A stand-in for the Cache API of one data centre, as workerd's `cacheApiOutbound` reaches it: `match` is a GET with
 * `only-if-cached`, `put` is a PUT whose body is a whole HTTP response, `delete` is a PURGE. A POST sets its fault.
 */
const HANG_MS = 3_600_000;
const stored = new Map();
let fault = 'none';
let calls = [];

export default {
  async fetch(request) {
    const { method, url } = request;
    if (method === 'POST') {
      fault = await request.text();
      calls = [];
      return new Response(null, { status: 204 });
    }
    const isControl = new URL(url).pathname === '/calls';
    if (isControl) return Response.json(calls);
    calls.push({ method, url, namespace: request.headers.get('cf-cache-namespace') });
    if (fault === 'hang') await scheduler.wait(HANG_MS);
    if (fault === 'throw') throw new Error('the cache failed');
    if (fault === 'slow') await scheduler.wait(200);
    if (method === 'PUT') return put(url, new Uint8Array(await request.arrayBuffer()));
    if (method === 'PURGE') return purge(url);
    return match(url);
  },
};

function put(url, bytes) {
  const versions = stored.get(url) ?? [];
  if (fault !== 'lose') stored.set(url, [...versions, bodyOf(bytes)]);
  return new Response(null, { status: 204 });
}

function purge(url) {
  const isKnown = stored.get(url)?.at(-1) !== undefined;
  if (fault !== 'replay') stored.set(url, [...(stored.get(url) ?? []), undefined]);
  return new Response(null, { status: isKnown ? 200 : 404 });
}

function match(url) {
  const bytes = chosen(url);
  if (bytes === undefined)
    return new Response(null, { status: 504, headers: { 'cf-cache-status': 'MISS' } });
  return new Response(bytes, { headers: { 'cf-cache-status': 'HIT' } });
}

function chosen(url) {
  const versions = stored.get(url) ?? [];
  if (fault === 'replay') return versions.find((bytes) => bytes !== undefined);
  if (fault === 'garble') return versions.at(-1)?.map((byte) => byte ^ 1);
  if (fault === 'swap') {
    const others = [...stored].filter(([other]) => other !== url);
    return others.map(([, list]) => list.at(-1)).find((bytes) => bytes !== undefined);
  }
  return versions.at(-1);
}

/** The part after the head of an HTTP/1.1 response, whose length the head states. */
function bodyOf(bytes) {
  const text = new TextDecoder('latin1').decode(bytes);
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1]);
  const start = head.length + 4;
  return bytes.slice(start, start + length);
}

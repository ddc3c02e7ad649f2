// A KV namespace as workerd asks for it, with its values in memory. It keeps their text and lifetime, and no metadata.
const entries = new Map();

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (request.method === 'PUT') {
      const ttlSeconds = Number(searchParams.get('expiration_ttl') ?? Number.POSITIVE_INFINITY);
      entries.set(pathname, { text: await request.text(), until: Date.now() + ttlSeconds * 1000 });
      return new Response(null);
    }
    const entry = entries.get(pathname);
    if (entry === undefined || entry.until <= Date.now())
      return new Response(null, { status: 404 });
    return new Response(entry.text);
  },
};

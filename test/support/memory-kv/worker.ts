/** A test's way into the namespace that the gate is bound to. */
import { decodeBase64, encodeBase64 } from '../base64.ts';
import type { WireEntry } from '../kv-wire.ts';

interface Env {
  readonly SESSIONS: KVNamespace;
}

export default {
  async fetch(request: Request, { SESSIONS }: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case 'GET /entries':
        return Response.json(await readAll(SESSIONS));
      case 'POST /entries':
        await place(SESSIONS, await request.json<WireEntry>()); // written by this repository's own client
        return done();
      case 'DELETE /entries':
        await SESSIONS.delete(searchParams.get('name') ?? '');
        return done();
      default:
        return new Response('no such control', { status: 404 });
    }
  },
};

function done(): Response {
  return new Response(null, { status: 204 });
}

async function readAll(namespace: KVNamespace): Promise<WireEntry[]> {
  const { keys, list_complete: complete } = await namespace.list();
  if (!complete) throw new Error('more entries than one list holds');
  const entries = await Promise.all(
    keys.map(async ({ name, expiration }) => {
      const { value, metadata } = await namespace.getWithMetadata(name, 'arrayBuffer');
      const valueBase64 = encodeBase64(new Uint8Array(value ?? new ArrayBuffer(0)));
      return { name, valueBase64, metadata, ...(expiration !== undefined && { expiration }) };
    }),
  );
  return entries;
}

async function place(
  namespace: KVNamespace,
  { name, valueBase64, metadata, expiration }: WireEntry,
): Promise<void> {
  await namespace.put(name, decodeBase64(valueBase64), {
    ...(metadata !== null && { metadata }),
    ...(expiration !== undefined && { expiration }),
  });
}

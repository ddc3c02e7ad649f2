/** Tiny Workers for the tests of the test support itself. Pure: text only. */

/** Does what the path asks: shows the request, the time, the bindings, or calls out. */
export const PROBE_GATE = `
  import { DurableObject } from 'cloudflare:workers';
  const startedAs = crypto.randomUUID;
  let isolate, finished = 0;
  export class Counter extends DurableObject {
    #count = this.ctx.storage.kv.get('count') ?? 0;
    add() { this.ctx.storage.kv.put('count', ++this.#count); return [this.#count, Date.now()]; }
  }
  const routes = {
    '/isolate': () => (isolate ??= startedAs.call(crypto)),
    '/time': () => [Date.now(), new Date().getTime(), new Date(0).getTime(), new Date() instanceof Date, typeof Date()],
    '/vars': ({ env }) => ({ ...env }),
    '/kratos': ({ env }) => text(env.KRATOS ? env.KRATOS.fetch(env.KRATOS_PUBLIC_URL + '/k') : fetch(env.KRATOS_PUBLIC_URL + '/k')),
    '/origin': ({ env }) => text(env.ORIGIN ? env.ORIGIN.fetch(env.ORIGIN_URL + '/o') : fetch(env.ORIGIN_URL + '/o')),
    '/call': async ({ url }) => {
      try { return await text(fetch(url.searchParams.get('url'), { signal: AbortSignal.timeout(300) })); }
      catch (error) { return error.name + ': ' + error.message; }
    },
    '/count': ({ env }) => env.COUNTER.getByName('one').add(),
    '/log': () => { console.log('a line', { a: 1 }); console.error('a bad line'); return 'ok'; },
    '/throw': () => { throw new TypeError('thrown by the gate'); },
    '/slow': async () => { await scheduler.wait(200); finished += 1; return 'ok'; },
    '/finished': () => finished,
  };
  const text = async (response) => (await response).text();
  export default {
    async fetch(request, env) {
      const path = request.url.replace(/^http:..[^/]*/, '').split('?')[0];
      const route = routes[path];
      if (route) return Response.json(await route({ env, url: new URL(request.url) }));
      return Response.json({ method: request.method, url: request.url, headers: [...request.headers] });
    },
  };
`;

/** A stand-in that says who it is and what time it has. */
export function inlineStandin(name: string): string {
  return `export default {
    fetch: (request) => {
      console.log('stand-in chatter');
      return Response.json({ name: '${name}', url: request.url, now: Date.now(), headers: [...request.headers] });
    },
  };`;
}

/**
 * Performs `[method, ...arguments]` lists, posted as JSON, on the KV binding one after another and
 * answers what each gave: bytes as `{ bytes }`, Maps as `{ map }`, failures as `{ error }`.
 */
export const KV_GATE = `
  const plain = (value) =>
    value instanceof ArrayBuffer ? { bytes: [...new Uint8Array(value)] }
    : value instanceof Map ? { map: [...value].map(([key, item]) => [key, plain(item)]) }
    : value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
    : value ?? null;
  const revive = (argument) =>
    Array.isArray(argument?.bytes) ? new Uint8Array(argument.bytes)
    : typeof argument?.repeat === 'number' ? 'k'.repeat(argument.repeat)
    : argument;
  export default {
    async fetch(request, env) {
      const results = [];
      for (const [method, ...given] of await request.json()) {
        try { results.push(plain(await env.SESSIONS[method](...given.map(revive)))); }
        catch (error) { results.push({ error: error.message }); }
      }
      return Response.json(results);
    },
  };
`;

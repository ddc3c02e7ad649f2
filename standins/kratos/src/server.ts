import type { MiddlewareHandler } from 'hono';
import { redirect } from './answers.ts';
import { csrfSetCookie, readCsrfSecret } from './csrf.ts';
import type { KratosContext, KratosEnv } from './public-url.ts';

/** Paths whose answers set no CSRF cookie: `IgnorePath` and `IgnoreGlob` in the handlers of Kratos. */
const WITHOUT_CSRF_COOKIE = [
  /^\/sessions(\/[^/]+(\/extend)?)?$/,
  /^\/self-service\/(login|registration|settings|recovery|verification)(\/api)?$/,
  /^\/self-service\/logout\/api$/,
  /^\/self-service\/methods\/oidc\/callback\/[^/]+$/,
  /^\/schemas\/[^/]+$/,
];
/** Paths that the CSRF handler never sees, nor the whole admin API (`cmd/daemon/serve.go`). */
const WITHOUT_CSRF_HANDLER =
  /^\/(health\/(alive|ready)|version|metrics\/prometheus|admin(\/.*)?|ui\/.*)$/;

/**
 * Adds the headers that Kratos's servers put on every answer: no caching of a GET, and on the public API a
 * cookie against forged requests with the `Vary` that belongs to it (`cmd/daemon/serve.go` `servePublic`).
 */
export const dressAnswer: MiddlewareHandler<KratosEnv> = async (c, next) => {
  const secret = await readCsrfSecret(c);
  c.set('csrf', secret);
  await next();
  const isKratos = !c.req.path.startsWith('/ui/') && !c.req.path.startsWith('/tokenizer/');
  if (c.req.method === 'GET' && isKratos && !c.res.headers.has('Cache-Control')) {
    c.res.headers.set('Cache-Control', 'private, no-cache, no-store, must-revalidate');
  }
  if (c.req.method === 'HEAD') await tellLength(c);
  if (WITHOUT_CSRF_HANDLER.test(c.req.path) || !isKratos) return;
  c.res.headers.append('Vary', 'Cookie');
  const isIgnored = WITHOUT_CSRF_COOKIE.some((pattern) => pattern.test(c.req.path));
  if (c.var.csrf.isNew && !isIgnored) c.res.headers.append('Set-Cookie', csrfSetCookie(secret));
};

/** The size of the buffer in which Go's server holds a body back to count it (`net/http` `bufferBeforeChunkingSize`). */
const COUNTED_BYTES = 2048;

/** Go's server counts a body that it does not send, if the body fits its buffer. */
async function tellLength(c: KratosContext): Promise<void> {
  const { byteLength } = await c.res.arrayBuffer();
  const headers = new Headers(c.res.headers);
  if (byteLength <= COUNTED_BYTES) headers.set('Content-Length', String(byteLength));
  c.res = new Response(null, { status: c.res.status, headers });
}

export interface Route {
  readonly method: string;
  readonly path: string;
}

/**
 * The answer of Go's router without a matching route: a cleaner path, the methods of the path, or 404
 * (`net/http` `ServeMux`). In plain text, since none of it is Kratos's own code.
 */
export function noRoute(c: KratosContext, routes: readonly Route[]): Response {
  const clean = c.req.path.replace(/\/{2,}/g, '/');
  if (clean !== c.req.path) return redirect(c.req.raw, clean + new URL(c.req.url).search, 307);
  const allowed = new Set(
    routes.filter(({ path }) => matches(path, clean)).map(({ method }) => method),
  );
  if (allowed.has('GET')) allowed.add('HEAD');
  if (allowed.size === 0) return plainError(404, '404 page not found\n');
  const answer = plainError(405, 'Method Not Allowed\n');
  answer.headers.set('Allow', [...allowed].sort().join(', '));
  return answer;
}

function plainError(status: number, text: string): Response {
  const headers = {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  };
  return new Response(text, { status, headers });
}

function matches(pattern: string, path: string): boolean {
  if (pattern.includes('*')) return false;
  return new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(path);
}

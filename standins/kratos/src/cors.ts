import type { MiddlewareHandler } from 'hono';
import type { KratosEnv } from './public-url.ts';
import { store } from './store.ts';

/** `serve.public.cors`, where the settings allow any origin: preflights end here (rs/cors, which Kratos uses). */
export const shareWithOrigins: MiddlewareHandler<KratosEnv> = async (c, next) => {
  if (store.settings.corsOrigins.length === 0) return await next();
  const { headers } = c.req.raw;
  const origin = headers.get('Origin') ?? '';
  const isAllowed = store.settings.corsOrigins.includes(origin);
  const method = headers.get('Access-Control-Request-Method');
  if (c.req.method === 'OPTIONS' && method !== null) {
    return preflight(isAllowed ? { origin, method } : undefined, headers);
  }
  await next();
  const vary = c.res.headers.get('Vary');
  c.res.headers.set('Vary', vary === null ? 'Origin' : `Origin, ${vary}`);
  if (!isAllowed) return;
  c.res.headers.set('Access-Control-Allow-Origin', origin);
  c.res.headers.set('Access-Control-Allow-Credentials', 'true');
  c.res.headers.set('Access-Control-Expose-Headers', 'Content-Type');
};

function preflight(
  allowed: { origin: string; method: string } | undefined,
  asked: Headers,
): Response {
  const answer = new Response(null, { status: 204 });
  answer.headers.set(
    'Vary',
    'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
  );
  if (!allowed) return answer;
  answer.headers.set('Access-Control-Allow-Origin', allowed.origin);
  answer.headers.set('Access-Control-Allow-Methods', allowed.method);
  answer.headers.set('Access-Control-Allow-Credentials', 'true');
  const names = asked.get('Access-Control-Request-Headers');
  if (names !== null) answer.headers.set('Access-Control-Allow-Headers', names);
  return answer;
}

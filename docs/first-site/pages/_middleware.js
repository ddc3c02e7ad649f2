// functions/_middleware.js of the Pages project: answers only requests that Postern has let through.
import { readIdentity } from 'postern/origin';

export async function onRequest({ request, env, next }) {
  const reading = await readIdentity(request, {
    issuer: env.PUBLIC_URL,
    audience: env.ORIGIN_URL,
  });
  if (reading.kind === 'identified') return next();
  return new Response(`${reading.message}\n`, { status: reading.status });
}

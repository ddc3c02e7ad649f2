/** A Hono app whose rules open a path on which a route requires a session. Its sockets are those of the origin's stand-in. */
import { Hono } from 'hono';
import { postern, requireSession } from '../../../src/package/hono.ts';
import { RevocationLog } from '../../../src/package/postern.ts';

const app = new Hono<{ Bindings: { readonly ORIGIN: Fetcher } }>()
  .use(postern())
  .get('/ws', requireSession(), (context) => context.env.ORIGIN.fetch(context.req.raw));

export { RevocationLog };
export default app;

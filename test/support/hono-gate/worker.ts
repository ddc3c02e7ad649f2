/** A Hono app with the gate in front of every route. Its only route forwards to the origin's stand-in, as it got the request. */
import { Hono } from 'hono';
import { postern } from '../../../src/package/hono.ts';
import { createPostern, RevocationLog } from '../../../src/package/postern.ts';

interface Bindings {
  readonly ORIGIN?: Fetcher;
  readonly ORIGIN_URL?: string;
  readonly ORIGINS?: unknown;
}

const app = new Hono<{ Bindings: Bindings }>();
const gate = createPostern();

app.use(postern(gate));
app.all('*', (context) => {
  const { ORIGIN, ORIGIN_URL } = context.env;
  if (ORIGIN !== undefined) return ORIGIN.fetch(context.req.raw);
  return ORIGIN_URL === undefined ? context.notFound() : fetch(context.req.raw);
});
app.onError((error) => {
  throw error; // the gate then says that its site failed, as it does of an origin
});

export { RevocationLog };
export default {
  /** A gate without a site has no app. */
  fetch(request: Request, env: Bindings, context: ExecutionContext) {
    const hasSite = [env.ORIGIN, env.ORIGIN_URL, env.ORIGINS].some((each) => each !== undefined);
    return hasSite ? app.fetch(request, env, context) : gate.fetch(request, env, context);
  },
};

import { type Context, Hono } from 'hono';
import { CallLog } from '../../recording/src/call-log.ts';
import { readEcho } from './echo-document.ts';
import { echoPage } from './echo-page.ts';
import { answerStatus, hopByHop, setCookies } from './hostile-answers.ts';
import { type Env, showSignInPage } from './sign-in-pages.ts';
import { echoBody, serverSentEvents, slow, stream } from './streams.ts';
import { webSocketEcho } from './web-socket-echo.ts';

const calls = new CallLog();

const standin = new Hono()
  .get('/calls', (c) => c.json(calls.report()))
  .delete('/calls', (c) => {
    calls.clear();
    return c.body(null, 204);
  });

const site = new Hono<{ Bindings: Env }>()
  .use(async (c, next) => {
    calls.record(c.req.raw);
    await next();
  })
  .all('/stream', () => stream())
  .all('/sse', () => serverSentEvents())
  .all('/echo', (c) => echoBody(c.req.raw))
  .all('/redirect', (c) => c.redirect('/elsewhere', 302))
  .all('/status/:code', (c) => answerStatus(c.req.param('code')))
  .all('/cookies', () => setCookies())
  .all('/hop', () => hopByHop())
  .all('/slow', (c) => slow(Number(c.req.query('ms')) || 0))
  .all('/ws', (c) => webSocketEcho(c.req.raw))
  .all('/ui/*', (c) => {
    const { UI_URL } = c.env;
    return UI_URL === undefined ? showRequest(c) : showSignInPage(c.req.raw, UI_URL);
  })
  .all('/:place/ws', (c) => webSocketEcho(c.req.raw))
  .all('*', showRequest);

async function showRequest(c: Context<{ Bindings: Env }>): Promise<Response> {
  const document = await readEcho(c.req.raw);
  const wantsJson = c.req.header('Accept')?.includes('application/json');
  if (wantsJson || c.req.query('format') === 'json') return c.json(document);
  return await c.html(echoPage(document, { hasSignIn: c.env.UI_URL !== undefined }));
}

const worker = new Hono().route('/.standin', standin).route('/', site);

export default worker;

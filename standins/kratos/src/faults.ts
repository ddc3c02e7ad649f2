import type { MiddlewareHandler } from 'hono';
import { herodotError } from './herodot-error.ts';
import type { CannedAnswer } from './settings.ts';
import { store } from './store.ts';

const WHOAMI_PATH = '/sessions/whoami';
const CHUNK = new TextEncoder().encode('a'.repeat(64 * 1024));

/** Records each request that is meant for Kratos itself, before anything can go wrong with it. */
export const recordCall: MiddlewareHandler = async (c, next) => {
  store.calls.record(c.req.raw);
  await next();
};

/** Makes Kratos as slow as the settings say: before the work, after it, and between the answer's bytes. */
export const slowDown: MiddlewareHandler = async (c, next) => {
  const { delayMs, delays, lateAnswerMs, lateAnswers, dripMs } = store.settings;
  const route = `${c.req.method} ${c.req.path}`;
  const waitMs = delayMs + (delays[route] ?? 0);
  if (waitMs > 0) await sleep(waitMs);
  await next();
  const lateMs = (c.req.path === WHOAMI_PATH ? 0 : lateAnswerMs) + (lateAnswers[route] ?? 0);
  if (lateMs > 0) await sleep(lateMs);
  if (dripMs === 0 || !c.res.body) return;
  const bytes = new Uint8Array(await c.res.arrayBuffer());
  c.res = new Response(dripping(bytes, dripMs), c.res);
};

/** Gives the answers that the settings put in the place of Kratos's own. */
export const misbehave: MiddlewareHandler = async (c, next) => {
  const { whoami, answers, rawBody, contentType, endlessBody } = store.settings;
  const path = new URL(c.req.url).pathname;
  const canned = path === WHOAMI_PATH ? whoami : answers[`${c.req.method} ${path}`];
  if (canned) {
    await sleep(canned.delayMs ?? 0);
    return cannedAnswer(c.req.raw, canned);
  }
  if (path !== WHOAMI_PATH) return await next();
  const headers = { 'Content-Type': contentType };
  if (rawBody !== null) return new Response(rawBody, { headers });
  if (endlessBody) return new Response(endless(), { headers });
  return await next();
};

export const CONNECTION_REFUSED =
  'failed to connect to `user=postgres database=kratos2`: 127.0.0.1:5432 (127.0.0.1): dial error: dial tcp 127.0.0.1:5432: connect: connection refused';
const TIMED_OUT = 'ERROR: canceling statement due to statement timeout (SQLSTATE 57014)';
/** Flows that begin with a session check, and treat its failure as an anonymous request. */
const ASKS_WHOSE = /^\/self-service\/settings(\/|$)/;
/** Flows that begin by writing a row of their own. */
const BEGINS_A_FLOW = /^\/self-service\/(login|registration|recovery|verification)\/(api|browser)$/;
/** Routes that read or write the table of sessions, whoever asks. */
const ON_SESSIONS =
  /^\/(self-service\/(logout(\/.*)?|login|recovery|registration)|admin\/(.*\/)?sessions(\/.*)?)$/;

/** Routes that use the database fail openly. Session checks and health routes behave differently. */
export const failWithoutDatabase: MiddlewareHandler = async (c, next) => {
  const { databaseFailing, statementsTimeOut } = store.settings;
  const { path } = c.req;
  if (databaseFailing && !ASKS_WHOSE.test(path)) {
    const prefix = BEGINS_A_FLOW.test(path) ? 'named insert: ' : '';
    return herodotError(c.req.raw, { code: 500, message: prefix + CONNECTION_REFUSED });
  }
  if (statementsTimeOut && ON_SESSIONS.test(path)) {
    return herodotError(c.req.raw, { code: 500, message: TIMED_OUT });
  }
  return await next();
};

function cannedAnswer(request: Request, given: CannedAnswer): Response {
  const status = given.status ?? 200;
  const answer = withStatus(request, status, given.body);
  if (given.contentType) answer.headers.set('Content-Type', given.contentType);
  if (given.location) answer.headers.set('Location', given.location);
  for (const [name, value] of Object.entries(given.headers ?? {})) {
    // Names differ in case where one header comes several times.
    if (name.toLowerCase() === 'set-cookie') answer.headers.append(name, value);
    else answer.headers.set(name, value);
  }
  return answer;
}

function withStatus(request: Request, status: number, body: unknown): Response {
  if (body === undefined && status >= 400) return herodotError(request, { code: status });
  if (body === undefined) return new Response(null, { status });
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Response(text, { status, headers: { 'Content-Type': 'application/json' } });
}

function dripping(bytes: Uint8Array, pauseMs: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent >= bytes.length) return controller.close();
      await sleep(pauseMs);
      controller.enqueue(bytes.slice(sent, ++sent));
    },
  });
}

/** Begins like a session and goes on for as long as anyone reads. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"id":"'));
    },
    async pull(controller) {
      // A turn of the event loop between chunks, so that a reader's deadline can fire.
      await sleep(0);
      controller.enqueue(CHUNK);
    },
  });
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

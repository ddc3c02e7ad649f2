import type { Services } from '../../src/app/compose.ts';
import type { Config } from '../../src/config/config.ts';
import type { Decision } from '../../src/observability/decision-log.ts';
import type { LogPage } from '../../src/revocation/log-protocol.ts';
import { parseObject } from '../../src/runtime/json.ts';
import type { OperatorEvent } from '../../src/runtime/report.ts';
import type { Session } from '../../src/session/session.ts';
import { offlineGateway } from '../offline-gateway.ts';
import { answerIssuer, withPlaces } from './issuer-answers.ts';
import { isOfToken, readGivenSession, resolutionOf } from './session-file.ts';

/** A request to be explained. */
export interface ExplainedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** The answer of whoami for its credential; `undefined` for an anonymous request. */
  readonly sessionDocument: string | undefined;
}

/** A request as the origin gets it. */
export interface SentRequest {
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** The result of a request that went through the whole gateway. */
export interface GatewayRun {
  readonly response: Response;
  /** The gateway's own log line about the request; not every route writes one. */
  readonly decision: Decision | undefined;
  /** `undefined` if the origin gets no request. */
  readonly sent: SentRequest | undefined;
  /** The calls that were needed and not made, such as `POST https://auth.example.com/self-service/login`. */
  readonly unmade: readonly string[];
}

/** The credential of a request with a session document: no client can send it, for the value is made here. */
const CREDENTIAL = 'explained-session-credential';
/** The signature of the token of a request with a session document. */
const TOKEN_END = `.${'explained'.repeat(8)}`;
/** Either credential, as the origin gets it under a rule with `forward_credentials`. */
const SENT_CREDENTIAL = new RegExp(`${CREDENTIAL}|[\\w-]+\\.[\\w-]+\\${TOKEN_END}`);
/** Kratos's answer to a credential of no session (`herodot`). */
const NO_SESSION = JSON.stringify({
  error: { code: 401, status: 'Unauthorized', message: 'No active session was found.' },
});
const EMPTY_PAGE: LogPage = { marks: [], position: 1, hasMore: false };

/**
 * Sends a request through the gateway that the Worker makes, with Kratos and the origin in its place here. Kratos answers whoami with
 * the session document. The revocation log is empty. Every other call is noted, and fails.
 */
export async function runGateway(
  asked: ExplainedRequest,
  {
    config,
    now,
    hasSite = true,
  }: { readonly config: Config; readonly now: number; readonly hasSite?: boolean },
): Promise<GatewayRun> {
  const session = readGivenSession(asked.sessionDocument, { config, now });
  const events: OperatorEvent[] = [];
  const unmade = new Set<string>();
  let sent: SentRequest | undefined;
  const note = (request: Request) => {
    unmade.add(`${request.method} ${request.url}`);
    return Promise.reject(new Error('explain makes no call'));
  };
  const askKratos = (request: Request) => {
    const { pathname } = new URL(request.url);
    if (request.method === 'GET' && pathname.endsWith('/sessions/whoami')) {
      return Promise.resolve(answerWhoami(asked.sessionDocument, session));
    }
    return pathname.endsWith('/health/ready')
      ? Promise.resolve(Response.json({ status: 'ok' }))
      : note(request);
  };
  const askIssuer = (request: Request) => answerIssuer(request, config) ?? note(request);
  const askOrigin = (input: string | Request, init: RequestInit) => {
    sent = readSent(input, init);
    // Here a response has no member for a WebSocket, where the platform's has null.
    return Promise.resolve(
      Object.defineProperty(new Response('the site'), 'webSocket', { value: null }),
    );
  };
  const gateway = offlineGateway(
    { ...config, DECISION_LOG: 'all' },
    {
      fetchers: { kratos: askKratos, kratosAdmin: note, keycard: note, keys: askIssuer },
      fetchOrigin: hasSite ? askOrigin : undefined,
      fetchNamedOrigin: () => askOrigin,
      openLog: () => ({
        read: () => Promise.resolve(EMPTY_PAGE),
        append: () => Promise.resolve({ kind: 'recorded', page: EMPTY_PAGE }),
      }),
      now: () => now,
      report: (event) => events.push(event),
    },
    (services) => withToken(services, session),
  );
  const response = await gateway.fetch(toRequest(asked, config), () => {});
  const bug = events.find(({ event }) => event === 'bug');
  if (bug !== undefined) throw new Error(`explain met a bug of Postern: ${JSON.stringify(bug)}`);
  const decision = events.findLast(({ event }) => event === 'decision');
  return { response, decision: decision as Decision | undefined, sent, unmade: [...unmade] }; // such an event is a decision
}

function answerWhoami(
  document: string | undefined,
  session: Session | 'over' | undefined,
): Response {
  const isActive = session !== undefined && session !== 'over';
  return isActive
    ? new Response(document, { headers: { 'content-type': 'application/json' } })
    : new Response(NO_SESSION, { status: 401, headers: { 'content-type': 'application/json' } });
}

/** Lets the token of a request with a session file count as proven. Any other token is verified. */
function withToken(services: Services, session: Session | 'over' | undefined): Services {
  if (session === undefined) return services;
  const { tokens } = services.lookUp;
  const proven: typeof tokens = {
    resolve: async (token, terms) =>
      token.value.endsWith(TOKEN_END)
        ? resolutionOf(session, token.value)
        : tokens.resolve(token, terms),
    isReady: (waitUntil) => tokens.isReady(waitUntil),
  };
  return { ...services, lookUp: { ...services.lookUp, tokens: proven } };
}

function toRequest(
  { method, url, headers, sessionDocument }: ExplainedRequest,
  config: Config,
): Request {
  const given = new Headers(headers);
  if (sessionDocument !== undefined) {
    if (isOfToken(sessionDocument, config)) {
      given.set('authorization', `Bearer ${tokenFor(sessionDocument, config)}`);
    } else given.set('x-session-token', CREDENTIAL);
  }
  const request = new Request(`${config.PUBLIC_URL}/`, { headers: given });
  // The platform keeps both as they were sent, and this runtime does not.
  return Object.defineProperties(request, { url: { value: url }, method: { value: method } });
}

/** A JWT of the session's issuer, without a real signature. */
function tokenFor(document: string, { ISSUERS }: Config): string {
  const { issuer } = parseObject(document) ?? {};
  const iss = issuer ?? ISSUERS.find(({ preset }) => preset === 'kratos')?.issuer;
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part({ iss })}${TOKEN_END}`;
}

function readSent(input: string | Request, init: RequestInit): SentRequest {
  const isText = typeof input === 'string';
  const sent = withPlaces(new Headers(init.headers ?? (isText ? undefined : input.headers)));
  const headers = [...sent].map(
    ([name, value]) => [name, value.replace(SENT_CREDENTIAL, '(the session credential)')] as const,
  );
  return { url: isText ? input : input.url, headers: new Map(headers) };
}

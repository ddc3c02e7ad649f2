import type { Credential } from '../../credentials/credential.ts';
import { MAX_READINESS_BYTES, MAX_WHOAMI_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import { readRetryAfterSeconds, readWholeSeconds } from '../../http/retry-after.ts';
import { parseObject } from '../../runtime/json.ts';
import type { Readiness, SessionStore, StoreAnswer } from '../session-store.ts';
import { credentialHeaders } from './credential-headers.ts';
import { readKratosSession } from './kratos-session.ts';

export interface KratosStoreOptions {
  /** Kratos's public API, without a slash at its end. */
  readonly publicUrl: string;
  /** The issuer of Kratos's sessions. */
  readonly issuer: string;
  /** The deadline for one call, body included. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Rewrites a `Set-Cookie` of Kratos for the site. */
  readonly siteCookie?: (setCookie: string) => string;
}

/** The deadline for a readiness answer. A later answer does not help the requests that wait for it. */
const READINESS_TIMEOUT_MS = 2000;

/**
 * Creates the session store for Ory Kratos's public API (`session/handler.go`). It calls `GET /sessions/whoami` with
 * the credential and no other part of the client's request, and `GET /health/ready`.
 *
 * Never throws: every failure is an answer of kind `fault` with a detail fit for `Cache-Status`.
 */
export function createKratosStore(options: KratosStoreOptions): SessionStore {
  return {
    id: options.publicUrl,
    check: (credential, { tokenizeAs } = {}) =>
      askWhoami(options, whoamiRequest(options.publicUrl, credential, tokenizeAs)),
    readiness: () => askReadiness(options),
  };
}

function whoamiRequest(
  publicUrl: string,
  credential: Credential,
  tokenizeAs: string | undefined,
): Request {
  const url = new URL(`${publicUrl}/sessions/whoami`);
  if (tokenizeAs !== undefined) url.searchParams.set('tokenize_as', tokenizeAs);
  const headers = {
    accept: 'application/json',
    ...credentialHeaders(credential),
  };
  return new Request(url, { headers, redirect: 'manual', cache: 'no-store' });
}

async function askWhoami(options: KratosStoreOptions, request: Request): Promise<StoreAnswer> {
  // The call has its own deadline and ignores the client's signal: other requests may wait for this answer.
  const signal = AbortSignal.timeout(options.timeoutMs);
  const received = await receive(new Request(request, { signal }), MAX_WHOAMI_BYTES, options);
  if (received === undefined) return outage(signal.aborted ? 'store-timeout' : 'store-unreachable');
  const { response, body } = received;
  return body === TOO_LONG ? unusable('store-too-long') : readAnswer(response, body, options);
}

/** Sends a request and reads the whole answer; `undefined` if the network fails or the signal ends the call. */
async function receive(
  request: Request,
  maxBytes: number,
  { fetch }: Pick<KratosStoreOptions, 'fetch'>,
): Promise<{ response: Response; body: string | typeof TOO_LONG } | undefined> {
  const response = await fetch(request).catch(() => undefined); // only the network can fail here
  if (response === undefined) return undefined;
  const body = await readBoundedText(response, maxBytes);
  return body === BROKEN_OFF ? undefined : { response, body };
}

function readAnswer(response: Response, body: string, options: KratosStoreOptions): StoreAnswer {
  const { status } = response;
  if (status === 200) return readSessionAnswer(response, body, options);
  if (status === 401 || status === 403 || status === 400) {
    // An answer without Kratos's error shape comes from a server in between, which does not know the sessions.
    const error = parseObject(body)?.error;
    if (typeof error !== 'object' || error === null) return unusable(`store-${status}-foreign`);
    if (status === 401) return { kind: 'no-session', body, cacheForSeconds: cacheFor(response) };
    if (status === 403) return { kind: 'insufficient', body };
    return { kind: 'rejected', status, body };
  }
  if (status >= 300 && status < 400) return unusable('store-redirect');
  if (status >= 500 || status === 429) {
    return outage(`store-${status}`, readRetryAfterSeconds(response.headers));
  }
  return unusable(`store-${status}`);
}

function readSessionAnswer(
  response: Response,
  body: string,
  { issuer, siteCookie = (setCookie) => setCookie }: KratosStoreOptions,
): StoreAnswer {
  const read = readKratosSession(body, issuer);
  switch (read.kind) {
    case 'not-a-session':
      return unusable('store-malformed');
    case 'inactive':
      return { kind: 'no-session', body: undefined };
    case 'active':
      return {
        kind: 'session',
        session: read.session,
        body: read.body,
        setCookies: response.headers.getSetCookie().map(siteCookie),
        cacheForSeconds: cacheFor(response),
      };
  }
}

async function askReadiness(options: KratosStoreOptions): Promise<Readiness> {
  const request = new Request(`${options.publicUrl}/health/ready`, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    cache: 'no-store',
    signal: AbortSignal.timeout(Math.min(options.timeoutMs, READINESS_TIMEOUT_MS)),
  });
  const received = await receive(request, MAX_READINESS_BYTES, options);
  return received === undefined
    ? 'not-ready'
    : readReadiness(received.response.status, received.body);
}

/**
 * Reads the answer of `/health/ready`. Kratos answers 200 `{"status":"ok"}` or 503 (`oryx/healthx/handler.go`). 429
 * and 408 refuse the question for its rate or slowness, and do not answer it. Any other answer comes from a server in
 * front of Kratos, such as an Ingress that blocks `/health` for all clients, or the Ory Network.
 */
function readReadiness(status: number, body: string | typeof TOO_LONG): Readiness {
  if (status >= 500 || status === 429 || status === 408) return 'not-ready';
  const isOwn = status === 200 && body !== TOO_LONG && parseObject(body)?.status === 'ok';
  return isOwn ? 'ready' : 'unpublished';
}

function outage(detail: string, retryAfterSeconds?: number): StoreAnswer {
  return { kind: 'fault', scope: 'store', detail, retryAfterSeconds };
}

function unusable(detail: string): StoreAnswer {
  return { kind: 'fault', scope: 'answer', detail, retryAfterSeconds: undefined };
}

/** Reads the seconds for which Kratos allows caching the answer, if the operator enabled that (`session.whoami`). */
function cacheFor({ headers }: Response): number | undefined {
  return readWholeSeconds(headers.get('ory-session-cache-for'));
}

import { goJson, redirect, wantsJson } from './answers.ts';
import { csrfViolation, isTokenOf } from './csrf.ts';
import { forwardError } from './error-page.ts';
import { type Fields, readFields } from './fields.ts';
import { beginAgain, type Flow, type FlowKind, findFlow, flowPage, isExpired } from './flow.ts';
import { type FlowDocumentOptions, flowDocument } from './flow-document.ts';
import { formatGoTime } from './go-json.ts';
import { type HerodotError, herodotError, noRows } from './herodot-error.ts';
import type { JsonObject } from './identity.ts';
import { type KratosContext, publicUrl } from './public-url.ts';

/** A flow that goes on: the document for a script or an app, the page of the flow for a browser. */
export function answerWithFlow(
  c: KratosContext,
  flow: Flow,
  options: FlowDocumentOptions & { status?: number; beside?: JsonObject } = {},
): Response {
  if (flow.type === 'browser' && !wantsJson(c.req.raw)) {
    return redirect(c.req.raw, flowPage(c, flow));
  }
  const { status = 200, beside = {} } = options;
  return goJson({ ...flowDocument(c, flow, options), ...beside }, status);
}

/** `GET …/flows?id=`: a browser's flow only for the browser that holds its secret. */
export function readFlow(c: KratosContext, kind: FlowKind): Response {
  const flow = findFlow(kind, c.req.query('id'));
  if (!flow) return herodotError(c.req.raw, noRows());
  // Settings are shown to their owner; other flows to the browser that began them.
  const isOthers = kind !== 'settings' && flow.type === 'browser';
  if (isOthers && c.var.csrf.value !== flow.csrfSecret) {
    return herodotError(c.req.raw, csrfViolation(c, 'none is sent with a GET'));
  }
  if (isExpired(flow)) return herodotError(c.req.raw, expiredForReading(c, flow));
  return goJson(flowDocument(c, flow));
}

/** The words and members differ by kind: as the handlers of `selfservice/flow/*\/handler.go` have them. */
function expiredForReading(c: KratosContext, flow: Flow): HerodotError {
  const { kind, type } = flow;
  const base = `${publicUrl(c)}/self-service/${kind}`;
  const id = kind === 'login' || kind === 'registration' ? 'self_service_flow_expired' : undefined;
  if (type === 'browser') {
    return {
      code: 410,
      ...(id && { id }),
      reason: `The ${kind} flow has expired. Redirect the user to the ${kind} flow init endpoint to initialize a new ${kind} flow.`,
      details: { redirect_to: `${base}/browser`, return_to: flow.returnTo ?? '' },
    };
  }
  const details = { api: `${base}/api` };
  if (kind === 'recovery') {
    return { ...expiredForSubmitting(flow), details, beside: {} };
  }
  return {
    code: 410,
    ...(id && { id }),
    reason: `The ${kind} flow has expired. Call the ${kind} flow init API endpoint to initialize a new ${kind} flow.`,
    details,
  };
}

/** `selfservice/flow/error.go` `NewFlowExpiredError` */
function expiredForSubmitting({ expiresAt }: Flow): HerodotError {
  const since = Date.now() - expiresAt;
  return {
    code: 410,
    id: 'self_service_flow_expired',
    reason: `The self-service flow expired ${(since / 60_000).toFixed(2)} minutes ago, initialize a new one.`,
    message: 'self-service flow expired',
    beside: { expired_at: formatGoTime(expiresAt), since: since * 1_000_000 },
  };
}

/** An expired flow is followed by a new one, which the answer names. */
export function answerExpired(c: KratosContext, expired: Flow): Response {
  const flow = beginAgain(c, expired);
  if (flow.type === 'browser' && !wantsJson(c.req.raw)) {
    return redirect(c.req.raw, flowPage(c, flow));
  }
  const error = expiredForSubmitting(expired);
  const next = { action: 'show_recovery_ui', flow: { id: flow.id } };
  return herodotError(c.req.raw, {
    ...error,
    ...(flow.kind === 'recovery' && { details: { continue_with: [next] } }),
    beside: { ...error.beside, use_flow_id: flow.id },
  });
}

export interface Submission {
  readonly flow: Flow;
  /** `not JSON` when the body is not what its type says. */
  readonly fields: Fields | 'not JSON';
}

/** The flow that a submission names, or the answer that refuses it. */
export function findSubmittedFlow(c: KratosContext, kind: FlowKind): Flow | Response {
  const id = c.req.query('flow');
  if (!id) {
    const reason = 'The flow query parameter is missing or malformed.';
    return forwardError(c, { code: 400, reason });
  }
  const flow = findFlow(kind, id);
  if (flow) return flow;
  const isPlain = kind === 'login' || kind === 'registration';
  const reason = `The ${kind} request could not be found. Please restart the flow.`;
  return forwardError(c, isPlain ? noRows() : { code: 404, reason });
}

/** The fields of a submission, once it is known not to be forged (`selfservice/flow/request.go` `EnsureCSRF`). */
export async function readSubmission(c: KratosContext, flow: Flow): Promise<Submission | Response> {
  const fields = await readFields(c.req.raw);
  if (fields === 'not JSON') return { flow, fields };
  if (flow.type === 'browser' && !isTokenOf(c.var.csrf.value, fields.csrf_token)) {
    return forwardError(c, csrfViolation(c, fields.csrf_token));
  }
  if (flow.type === 'api') {
    const problem = browserTraits(c);
    if (problem !== undefined) return answerWithFlowError(c, problem);
  }
  return { flow, fields };
}

/** The submission to a flow that is current, or the answer that refuses it. */
export async function receiveSubmission(
  c: KratosContext,
  kind: FlowKind,
): Promise<Submission | Response> {
  const flow = findSubmittedFlow(c, kind);
  if (flow instanceof Response) return flow;
  return isExpired(flow) ? answerExpired(c, flow) : readSubmission(c, flow);
}

const OF_CLOUDFLARE = /^(?:__cf|_cf|cf_)/;

/** Returns the reason to assume a browser behind the submission of an app's flow. */
function browserTraits({ req }: KratosContext): string | undefined {
  const named = (name: string) =>
    `The HTTP Request Header included the "${name}" key, indicating that this request was made ${name === 'Origin' ? 'as part of an AJAX request in a Browser' : 'by a Browser'}. The flow however was initiated as an API request. To prevent potential misuse and mitigate several attack vectors including CSRF, the request has been blocked. Please consult the documentation.`;
  if (req.header('Origin')) return named('Origin');
  const cookies = (req.header('Cookie') ?? '').split(/;|, /).map((pair) => pair.trim());
  return cookies.some((cookie) => cookie !== '' && !OF_CLOUDFLARE.test(cookie))
    ? named('Cookie')
    : undefined;
}

function answerWithFlowError(c: KratosContext, reason: string): Response {
  return herodotError(c.req.raw, { code: 400, reason });
}

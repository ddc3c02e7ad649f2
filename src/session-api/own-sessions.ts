import { type Credential, VARY } from '../credentials/credential.ts';
import { errorResponse, PRIVATE_NO_STORE } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { type Answer, answerDenial } from '../gate/denial.ts';
import { toldOf } from '../gate/gate.ts';
import { DEFAULT_RULE } from '../gate/rules.ts';
import { shown } from '../gate/shown.ts';
import type { SiteOptions } from '../gate/site-options.ts';
import { placeOf } from '../gate/turns.ts';
import type { Verdict } from '../gate/verdict.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { matchesSecret } from '../http/secrets.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { ALL_OTHERS, END_FIELD, sessionsPage, TOKEN_FIELD } from '../pages/sessions-page.ts';
import { describeSession } from '../pages/shown-session.ts';
import type { Session } from '../session/session.ts';
import { digestName } from '../whoami/credential-name.ts';
import { NO_DEMAND } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import type { ApiAnswer } from './api-route.ts';
import { type CallerOptions, type CallerRefusal, chooseCredential } from './caller.ts';
import { type EndOptions, endOtherSessions, endSession } from './end-sessions.ts';
import { PAGE_SIZE, readOtherSessions } from './other-sessions.ts';
import { readFormBody } from './request-body.ts';
import { readUuid } from './uuid.ts';

export interface OwnSessionsOptions extends CallerOptions, EndOptions {
  /** How somebody who is not signed in is answered. */
  readonly site: SiteOptions;
  readonly log: DecisionLog;
  readonly now: () => number;
}

export const OWN_SESSIONS_PATH = '/.postern/sessions';
const PAGE_HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
};

interface Visit {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
}

interface Visitor {
  readonly credential: Credential;
  readonly session: Session;
  /** Cookies of the session store to deliver with the answer. */
  readonly setCookies: readonly string[];
}

/** Why a visitor is shown nothing. `refuse`: by what was asked, not by who asks. */
type Obstacle = Denial | { readonly kind: 'refuse'; readonly reason: Reason };
type Denial = Extract<Verdict, { kind: 'deny' }>;

/**
 * The page on which a signed-in person sees where they are signed in at Kratos, and ends one of their other sessions
 * or all of them. A change is a form's POST, taken only from the page made for the session it is sent with.
 */
export function createOwnSessions(options: OwnSessionsOptions) {
  return async function ownSessions(
    request: Request,
    target: AdmittedTarget,
    anchor: Anchor,
  ): Promise<Response> {
    const startedAt = options.now();
    const answer = await answerVisit({ request, target, anchor }, options);
    const { method, path } = target;
    const durationMs = options.now() - startedAt;
    options.log(() => ({ route: 'own-sessions', ...toldOf(answer), method, path, durationMs }));
    return answer.response;
  };
}

function answerVisit(visit: Visit, options: OwnSessionsOptions): Promise<Answer> {
  switch (visit.target.method) {
    case 'GET':
    case 'HEAD':
      return show(visit, options);
    case 'POST':
      return change(visit, options);
    default:
      return answerObstacle({ kind: 'refuse', reason: 'method_not_allowed' }, visit, options);
  }
}

async function show(visit: Visit, options: OwnSessionsOptions): Promise<Answer> {
  const visitor = await identify(visit, { isChange: false }, options);
  if (!visitor.ok) return answerObstacle(visitor.failure, visit, options);
  const { credential, session, setCookies } = visitor.value;
  const listed = await readOtherSessions(options.kratos, credential, 1);
  if (!listed.ok) return answerObstacle(await obstacleIn(listed.failure), visit, options);
  const headers = new Headers(PAGE_HEADERS);
  for (const cookie of setCookies) headers.append('set-cookie', cookie);
  const forgotten = options.site.turns.forget(visit.request.headers, placeOf(visit.target));
  if (forgotten !== undefined) headers.append('set-cookie', forgotten);
  const page = {
    current: describeSession(session.id, session.document),
    others: listed.value.map(({ id, document }) => describeSession(id, document)),
    hasMore: listed.value.length === PAGE_SIZE,
    formToken: await formToken(credential),
    isChanged: visit.target.search === CHANGED,
  };
  return { response: await sessionsPage(page, headers), outcome: 'pass', reason: undefined };
}

/** Leads back to the page, so that loading it anew changes nothing. */
const CHANGED = '?changed';

async function change(visit: Visit, options: OwnSessionsOptions): Promise<Answer> {
  const visitor = await identify(visit, { isChange: true }, options);
  if (!visitor.ok) return answerObstacle(visitor.failure, visit, options);
  const { credential, session } = visitor.value;
  const form = await readFormBody(visit.request);
  if (!form.ok) return answerObstacle({ kind: 'refuse', reason: form.failure }, visit, options);
  const token = form.value.get(TOKEN_FIELD) ?? '';
  if (!(await matchesSecret(token, [await formToken(credential)]))) {
    return answerObstacle({ kind: 'refuse', reason: 'form_not_current' }, visit, options);
  }
  const ender = { ...visit, credential };
  const what = form.value.get(END_FIELD);
  const id = readUuid(what ?? undefined);
  let ended: ApiAnswer = failed('body_not_valid');
  if (what === ALL_OTHERS) ended = await endOtherSessions(ender, options);
  else if (id !== undefined && id !== session.id) ended = await endSession(id, ender, options);
  if (!ended.ok || !ended.value.ok) {
    return answerObstacle(await obstacleIn(ended), visit, options);
  }
  const headers = { ...PAGE_HEADERS, location: OWN_SESSIONS_PATH + CHANGED };
  const response = new Response(null, { status: 303, headers });
  return { response, outcome: 'pass', reason: undefined };
}

async function identify(
  { request, anchor }: Visit,
  { isChange }: { readonly isChange: boolean },
  options: OwnSessionsOptions,
): Promise<Result<Visitor, Obstacle>> {
  const chosen = await chooseCredential(request, anchor, { ...options, isChange });
  if (!chosen.ok) return failed(obstacleOf(chosen.failure));
  const credential = chosen.value;
  const resolution = await options.sessions.resolve(credential, NO_DEMAND, anchor);
  switch (resolution.outcome) {
    case 'signed-in': {
      const { session, setCookies } = resolution;
      return success({ credential, session, setCookies });
    }
    case 'not-signed-in':
      return failed(denied(resolution.reason));
    case 'insufficient':
      return failed(denied('session_aal2_required', resolution.body));
    default:
      return failed({ kind: 'refuse', reason: 'store_unavailable' });
  }
}

/** Nobody who does not hold the credential can make it, and it tells nothing of the credential. */
function formToken({ value }: Credential): Promise<string> {
  return digestName('v1f', [value]);
}

function obstacleOf(refusal: CallerRefusal): Obstacle {
  switch (refusal) {
    case 'credential_conflicting':
    case 'cross_site_change':
    case 'store_unavailable':
      return { kind: 'refuse', reason: refusal };
    default:
      return denied(refusal);
  }
}

function denied(reason: Denial['reason'], storeBody?: string): Denial {
  return { kind: 'deny', reason, storeBody, detail: undefined };
}

/** What an answer that is no success keeps the visitor from. */
async function obstacleIn(answer: ApiAnswer): Promise<Obstacle> {
  if (!answer.ok) return { kind: 'refuse', reason: answer.failure };
  const { status, body } = answer.value;
  await body?.cancel();
  if (status === 401) return denied('session_inactive');
  if (status === 403) return denied('session_aal2_required');
  const isDown = status === 429 || status >= 500;
  return { kind: 'refuse', reason: isDown ? 'store_unavailable' : 'upstream_not_valid' };
}

/** Whoever only looks is sent where they can sign in; a form is answered by a page that says why it was not taken. */
async function answerObstacle(
  obstacle: Obstacle,
  { request, target }: Visit,
  { site }: OwnSessionsOptions,
): Promise<Answer> {
  const { kind, reason } = obstacle;
  if (kind === 'deny' && target.method !== 'POST') {
    return answerDenial(obstacle, { headers: request.headers, target, rule: DEFAULT_RULE }, site);
  }
  const refused = errorResponse(reason, { allowedMethods: ['GET', 'HEAD', 'POST'] });
  const response = await shown(refused, reason, request);
  return { response, outcome: response.status >= 500 ? 'fault' : kind, reason };
}

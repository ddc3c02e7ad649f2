import { type Credential, type Presentation, VARY } from '../credentials/credential.ts';
import { bearerChallenge } from '../errors/bearer-challenge.ts';
import {
  type ErrorResponseOptions,
  errorResponse,
  PRIVATE_NO_STORE,
} from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { type Answer, answerDenial, toldOf } from '../gate/denial.ts';
import { DEFAULT_RULE } from '../gate/rules.ts';
import { shown } from '../gate/shown.ts';
import type { SiteOptions } from '../gate/site-options.ts';
import { placeOf } from '../gate/turns.ts';
import type { Verdict } from '../gate/verdict.ts';
import { matchesSecret } from '../http/secrets.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { describeResolution } from '../observability/describe-resolution.ts';
import { ALL_OTHERS, END_FIELD, sessionsPage, TOKEN_FIELD } from '../pages/sessions-page.ts';
import { describeSession } from '../pages/shown-session.ts';
import { readRetryAfterSeconds } from '../providers/kratos/kratos-store.ts';
import type { Session } from '../session/session.ts';
import { digestName } from '../whoami/credential-name.ts';
import type { Resolution } from '../whoami/resolution.ts';
import { resolvePresentation } from '../whoami/resolve-presentation.ts';
import { NO_DEMAND } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import type { ApiAnswer, ApiVisit } from './api-route.ts';
import { type CallerOptions, type CallerRefusal, type Chosen, chooseCredential } from './caller.ts';
import { type EndOptions, endOtherSessions, endSession } from './end-sessions.ts';
import { readOtherSessions } from './other-sessions.ts';
import { readFormBody } from './request-body.ts';
import { readUuid } from './uuid.ts';

export interface OwnSessionsOptions extends EndOptions {
  readonly cookieNames: CallerOptions['cookieNames'];
  readonly secrets: CallerOptions['secrets'];
  /** How somebody who is not signed in is answered. */
  readonly site: SiteOptions;
  readonly log: DecisionLog;
  readonly now: () => number;
}

export const OWN_SESSIONS_PATH = '/.postern/sessions';
/** Leads back to the page after a change, so that loading it anew changes nothing. */
const CHANGED = '?changed';
const METHODS = ['GET', 'HEAD', 'POST'];
/** Each comes with its whole identity, and a page is for reading. */
const SHOWN_AT_MOST = 100;
const PAGE_HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
};

interface Visitor extends ApiVisit {
  readonly credential: Credential;
  readonly session: Session;
}

type Denial = Extract<Verdict, { kind: 'deny' }>;
/** Why a visitor is shown nothing. `refuse`: by what was asked, or by what failed, and not by who asks. */
type Obstacle =
  | Denial
  | {
      readonly kind: 'refuse';
      readonly reason: Reason;
      readonly wait: Pick<ErrorResponseOptions, 'retryAfterSeconds'>;
    };

/** An obstacle, and what was last found out about who asks: what the log says, and whose cookies are handed on. */
interface Setback {
  readonly obstacle: Obstacle;
  readonly resolution?: Resolution | undefined;
}

interface Answered {
  readonly answer: Answer;
  readonly resolution: Resolution | undefined;
}

/**
 * The page on which a signed-in person sees where they are signed in at Kratos, and ends one of their other sessions
 * or all of them. A change is a form's POST, taken from pages of the same origin only, and only with the value that
 * stands in a page made for the same session.
 */
export function createOwnSessions(options: OwnSessionsOptions) {
  return async function ownSessions(visit: ApiVisit): Promise<Response> {
    const startedAt = options.now();
    const known = await identify(visit, options);
    const { answer, resolution } = known.ok
      ? await answerKnown(visit, known.value, options)
      : await answerSetback(known.failure, visit, options);
    const { response } = answer;
    // What each look brought, unless the last found that there is nobody to have it.
    const looks = new Set([known.ok ? known.value.resolution : undefined, resolution]);
    const cookies = resolution?.outcome === 'signed-in' ? [...looks].flatMap(cookiesOf) : [];
    for (const cookie of cookies) response.headers.append('set-cookie', cookie);
    const { method, path } = visit.target;
    const durationMs = options.now() - startedAt;
    options.log(() => ({
      route: 'own-sessions',
      ...(resolution !== undefined && describeResolution(resolution)),
      ...toldOf(answer),
      method,
      path,
      durationMs,
    }));
    return response;
  };
}

function cookiesOf(look: Resolution | undefined): readonly string[] {
  return look?.outcome === 'signed-in' ? look.setCookies : [];
}

type Known = Chosen & { readonly resolution: Resolution };

async function identify(
  { request, target, anchor }: ApiVisit,
  options: OwnSessionsOptions,
): Promise<Result<Known, Setback>> {
  const { site } = options;
  if (!METHODS.includes(target.method)) return failed({ obstacle: refusal('method_not_allowed') });
  const presentation = site.readCredential(request.headers);
  if (presentation.kind === 'tokens') return failed(await setbackOf(presentation, anchor, options));
  const chosen = await chooseCredential(request, anchor, {
    ...options,
    allowedOrigins: [site.hosts.originOf(target.host) ?? site.publicUrl],
    isChange: target.method === 'POST',
  });
  if (!chosen.ok) return failed({ obstacle: obstacleOf(chosen.failure) });
  const { credential } = chosen.value;
  const resolution =
    chosen.value.resolution ?? (await options.sessions.resolve(credential, NO_DEMAND, anchor));
  return success({ credential, resolution });
}

async function answerKnown(
  visit: ApiVisit,
  { credential, resolution }: Known,
  options: OwnSessionsOptions,
): Promise<Answered> {
  if (resolution.outcome !== 'signed-in') {
    return answerSetback({ obstacle: obstacleTo(resolution), resolution }, visit, options);
  }
  const visitor = { ...visit, credential, session: resolution.session };
  const answered = await (visit.target.method === 'POST' ? change : show)(visitor, options);
  return answered.ok
    ? { answer: { response: answered.value, outcome: 'pass', reason: undefined }, resolution }
    : answerSetback({ resolution, ...answered.failure }, visit, options);
}

/** A token is verified here, and stands in no list: whoever is signed in by one has no page. */
async function setbackOf(
  tokens: Extract<Presentation, { kind: 'tokens' }>,
  anchor: Anchor,
  { site, sessions }: OwnSessionsOptions,
): Promise<Setback> {
  const resolution = await resolvePresentation(
    tokens,
    (credential) => sessions.resolve(credential, NO_DEMAND, anchor),
    (token) => site.tokens.resolve(token, anchor),
  );
  const isSignedIn = resolution.outcome === 'signed-in';
  const obstacle = isSignedIn ? refusal('session_not_listed') : obstacleTo(resolution);
  return { obstacle, resolution };
}

async function show(
  visitor: Visitor,
  options: OwnSessionsOptions,
): Promise<Result<Response, Setback>> {
  const { request, target, credential, session } = visitor;
  const first = { page: 1, size: SHOWN_AT_MOST };
  const listed = await readOtherSessions(options.kratos, credential, first);
  if (!listed.ok) return failed(await setbackIn(listed.failure, visitor, options));
  const { sessions, isLast } = listed.value;
  const headers = new Headers(PAGE_HEADERS);
  const forgotten = options.site.turns.forget(request.headers, placeOf(target));
  if (forgotten !== undefined) headers.append('set-cookie', forgotten);
  const page = {
    current: describeSession(session.id, session.document),
    others: sessions.map(({ id, document }) => describeSession(id, document)),
    isCut: !isLast,
    formToken: await formToken(session),
    isChanged: target.search === CHANGED,
  };
  return success(await sessionsPage(page, headers));
}

async function change(
  visitor: Visitor,
  options: OwnSessionsOptions,
): Promise<Result<Response, Setback>> {
  const form = await readFormBody(visitor.request);
  if (!form.ok) return failed({ obstacle: refusal(form.failure) });
  const token = form.value.get(TOKEN_FIELD) ?? '';
  if (!(await matchesSecret(token, [await formToken(visitor.session)]))) {
    return failed({ obstacle: refusal('form_not_current') });
  }
  const ended = await end(form.value.get(END_FIELD), visitor, options);
  if (!ended.ok || !ended.value.ok) return failed(await setbackIn(ended, visitor, options));
  const headers = { ...PAGE_HEADERS, location: OWN_SESSIONS_PATH + CHANGED };
  return success(new Response(null, { status: 303, headers }));
}

async function end(
  what: string | null,
  visitor: Visitor,
  options: OwnSessionsOptions,
): Promise<ApiAnswer> {
  if (what === ALL_OTHERS) return endOtherSessions(visitor, options);
  const id = readUuid(what);
  const isAnother = id !== undefined && id !== visitor.session.id;
  return isAnother ? endSession(id, visitor, options) : failed('body_not_valid');
}

/**
 * Of the session, and not of what it is shown by: Kratos gives one session many cookies. Whoever makes a page of
 * another site knows no session's id.
 */
function formToken({ id }: Session): Promise<string> {
  return digestName('v1f', [id]);
}

function obstacleOf(failure: CallerRefusal): Obstacle {
  switch (failure) {
    case 'credential_conflicting':
    case 'cross_site_change':
    case 'store_unavailable':
      return refusal(failure);
    default:
      return denied(failure);
  }
}

function obstacleTo(resolution: Exclude<Resolution, { outcome: 'signed-in' }>): Obstacle {
  switch (resolution.outcome) {
    case 'not-signed-in':
      return denied(resolution.reason);
    case 'insufficient':
      return denied('session_aal2_required', resolution.body);
    case 'unknown':
      return refusal(resolution.reason, resolution.retryAfterSeconds);
    default:
      return refusal('store_unavailable');
  }
}

/** What an answer of Kratos's that is no success keeps the visitor from. */
async function setbackIn(
  answer: ApiAnswer,
  { credential, anchor }: Visitor,
  { sessions, now }: OwnSessionsOptions,
): Promise<Setback> {
  if (!answer.ok) return { obstacle: refusal(answer.failure) };
  const { status, headers, body } = answer.value;
  await body?.cancel();
  if (status === 401 || status === 403) {
    // Kratos also says so while its database fails. Who asks after the session looks twice.
    const resolution = await sessions.resolve(
      credential,
      { asOf: now(), onlyIfCached: false },
      anchor,
    );
    const isSignedIn = resolution.outcome === 'signed-in';
    const obstacle = isSignedIn ? refusal('store_unavailable') : obstacleTo(resolution);
    return { obstacle, resolution };
  }
  const isDown = status === 429 || status >= 500;
  const obstacle = isDown
    ? refusal('store_unavailable', readRetryAfterSeconds(headers))
    : refusal('upstream_not_valid');
  return { obstacle };
}

function denied(reason: Denial['reason'], storeBody?: string): Denial {
  return { kind: 'deny', reason, storeBody, detail: undefined };
}

function refusal(reason: Reason, retryAfterSeconds?: number): Obstacle {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { kind: 'refuse', reason, wait };
}

async function answerSetback(
  { obstacle, resolution }: Setback,
  visit: ApiVisit,
  options: OwnSessionsOptions,
): Promise<Answered> {
  return { answer: await answerObstacle(obstacle, visit, options), resolution };
}

/** Whoever only looks is sent where they can sign in; a form is answered by a page that says why it was not taken. */
async function answerObstacle(
  obstacle: Obstacle,
  { request, target }: ApiVisit,
  { site }: OwnSessionsOptions,
): Promise<Answer> {
  const { kind, reason } = obstacle;
  if (kind === 'deny' && target.method !== 'POST') {
    return answerDenial(obstacle, { headers: request.headers, target, rule: DEFAULT_RULE }, site);
  }
  const refused =
    kind === 'deny'
      ? errorResponse(reason, { challenge: bearerChallenge(reason, site) })
      : errorResponse(reason, { allowedMethods: METHODS, ...obstacle.wait });
  const response = await shown(refused, reason, request);
  return { response, outcome: response.status >= 500 ? 'fault' : kind, reason };
}

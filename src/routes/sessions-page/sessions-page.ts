import { VARY } from '../../credentials/credential.ts';
import { digestName } from '../../credentials/credential-name.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import { readFormBody } from '../../http/request-body.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import type { Reporting } from '../../observability/reporting.ts';
import { ALL_OTHERS, END_FIELD, TOKEN_FIELD } from '../../pages/page-models.ts';
import { bearerChallenge } from '../../refusals/bearer-challenge.ts';
import {
  type Answer,
  answerDenial,
  type DenialOptions,
  logFieldsOf,
} from '../../refusals/denial.ts';
import { pageKey } from '../../refusals/login-loop-guard.ts';
import { DEFAULT_RULE } from '../../rules/rules.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { Session } from '../../session/session.ts';
import type { OwnSessions, SignedInUser } from '../../session-changes/own-sessions.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import type { SessionLookUp } from '../../sessions/resolve-credentials.ts';
import {
  type AccessFailure,
  type AccessProblem,
  failureOf,
  identify,
  PAGE_METHODS,
  refusal,
} from './signed-in-user.ts';

/** The providers that know a person's sessions; `undefined` for a provider that is not configured. */
export interface SessionProviders {
  /** Lists the sessions of a person with a credential of Kratos. */
  readonly kratos: OwnSessions | undefined;
  /** Lists the sessions of a person with a token. */
  readonly keycard: OwnSessions | undefined;
}

export interface SessionsPageOptions {
  readonly lookUp: SessionLookUp;
  readonly denial: DenialOptions;
  readonly providers: SessionProviders;
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

export const SESSIONS_PAGE_PATH = '/.postern/sessions';
/** The query of the page after a change. The browser is redirected there, so that a reload repeats no change. */
const CHANGED = '?changed';
const PAGE_HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
};

/**
 * Serves the page on which a signed-in person sees their sessions, and ends one of the other sessions or all of them. The
 * sessions are those of the provider whose session the request has. A change is a form's POST. It is accepted only from pages of the same origin, and only with the token of a
 * page that was made for the same session.
 */
export async function ownSessions(
  received: RouteRequest,
  options: SessionsPageOptions,
): Promise<Response> {
  const { lookUp, denial, reporting } = options;
  const startedAt = reporting.now();
  const user = await identify(received, lookUp, denial.hosts);
  const isChange = received.target.method === 'POST';
  const answered = user.ok ? await (isChange ? change : show)(user.value, options) : user;
  const answer: Answer = answered.ok
    ? { response: answered.value, outcome: 'pass', reason: undefined }
    : await answerProblem(answered.failure.problem, received, denial);
  const { response } = answer;
  const first = user.ok ? user.value.resolution : undefined;
  const resolution = answered.ok ? first : (answered.failure.resolution ?? first);
  // Set the cookies of both look-ups, unless the last one found no session.
  const looks = new Set([first, resolution]);
  const cookies = resolution?.outcome === 'signed-in' ? [...looks].flatMap(cookiesOf) : [];
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  const { method, path } = received.target;
  const durationMs = reporting.now() - startedAt;
  reporting.log(() => ({
    route: 'own-sessions',
    ...(resolution !== undefined && describeResolution(resolution)),
    ...logFieldsOf(answer),
    method,
    path,
    durationMs,
  }));
  return response;
}

function cookiesOf(look: Resolution | undefined): readonly string[] {
  return look?.outcome === 'signed-in' ? look.setCookies : [];
}

async function show(
  user: SignedInUser,
  options: SessionsPageOptions,
): Promise<Result<Response, AccessFailure>> {
  const { request, target } = user;
  const { denial } = options;
  const { session } = user.resolution;
  const provider = providerOf(user, options);
  if (provider === undefined) return failed(NOT_LISTED);
  const listed = await provider.list(user);
  if (!listed.ok) return failed(await failureOf(listed.failure, user, options));
  const { currentId, others, isCut } = listed.value;
  const headers = new Headers(PAGE_HEADERS);
  const forgotten = denial.loopGuard.forget(request.headers, pageKey(target));
  for (const cookie of forgotten) headers.append('set-cookie', cookie);
  const model = {
    current: session,
    isCurrentKnown: currentId !== undefined,
    others,
    endsTokens: user.chosen.kind !== 'candidates',
    isCut,
    formToken: await formToken(session),
    isChanged: target.search === CHANGED,
  };
  return success(await denial.pages.show('sessions', model, request, { status: 200, headers }));
}

async function change(
  user: SignedInUser,
  options: SessionsPageOptions,
): Promise<Result<Response, AccessFailure>> {
  const form = await readFormBody(user.request);
  if (!form.ok) return failed({ problem: refusal(form.failure) });
  const token = form.value.get(TOKEN_FIELD) ?? '';
  if (!(await matchesSecret(token, [await formToken(user.resolution.session)]))) {
    return failed({ problem: refusal('form_not_current') });
  }
  const provider = providerOf(user, options);
  if (provider === undefined) return failed(NOT_LISTED);
  const what = form.value.get(END_FIELD) ?? '';
  const ended = await (what === ALL_OTHERS ? provider.endOthers(user) : provider.end(what, user));
  if (!ended.ok || !ended.value.ok) return failed(await failureOf(ended, user, options));
  const headers = { ...PAGE_HEADERS, location: SESSIONS_PAGE_PATH + CHANGED };
  return success(new Response(null, { status: 303, headers }));
}

const NOT_LISTED: AccessFailure = Object.freeze({ problem: refusal('session_not_listed') });

function providerOf({ chosen }: SignedInUser, { providers }: SessionsPageOptions) {
  return chosen.kind === 'candidates' ? providers.kratos : providers.keycard;
}

/**
 * Derives the form's token from the session's id, not from its cookie, because Kratos gives one session many cookies. A
 * page of another site does not know the session's id.
 */
function formToken({ id }: Session): Promise<string> {
  return digestName('v1f', [id]);
}

/** Redirects a GET without a session to sign-in. A refused form is answered with the reason. */
async function answerProblem(
  problem: AccessProblem,
  { request, target }: RouteRequest,
  denial: DenialOptions,
): Promise<Answer> {
  const { kind, reason } = problem;
  if (kind === 'deny' && target.method !== 'POST') {
    return answerDenial(problem, { asker: request, target, rule: DEFAULT_RULE }, denial);
  }
  const resourceMetadataUrl = denial.resources.metadataUrlFor(target);
  const refused =
    kind === 'deny'
      ? denial.errorShape(reason, { challenge: bearerChallenge(reason, { resourceMetadataUrl }) })
      : denial.errorShape(reason, { allowedMethods: PAGE_METHODS, ...problem.wait });
  return { response: refused, outcome: refused.status >= 500 ? 'fault' : kind, reason };
}

import { VARY } from '../../credentials/credential.ts';
import { digestName } from '../../credentials/credential-name.ts';
import type { Reason } from '../../errors/reasons.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import { readFormBody } from '../../http/request-body.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import type { Reporting } from '../../observability/reporting.ts';
import {
  ALL_OTHERS,
  CURRENT,
  END_FIELD,
  readEndValue,
  TOKEN_FIELD,
} from '../../pages/page-models.ts';
import { bearerChallenge } from '../../refusals/bearer-challenge.ts';
import {
  type Answer,
  answerDenial,
  type DenialOptions,
  logFieldsOf,
} from '../../refusals/denial.ts';
import { errorPageOrJson } from '../../refusals/error-page.ts';
import { pageKey } from '../../refusals/login-loop-guard.ts';
import { DEFAULT_RULE } from '../../rules/rules.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import { accountName } from '../../session/account-name.ts';
import type { Session } from '../../session/session.ts';
import {
  type OwnSessions,
  SESSIONS_PAGE_PATH,
  type SignedInUser,
} from '../../session-changes/own-sessions.ts';
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

/** The reason why a sign-out is not complete. */
interface SignOutFailure {
  readonly reason: Reason;
  readonly retryAfterSeconds?: number | undefined;
}

export interface SessionsPageOptions {
  readonly lookUp: SessionLookUp;
  readonly denial: DenialOptions;
  readonly providers: SessionProviders;
  /** Ends every session that the request's cookies present, and makes the page after it. */
  readonly signOut: (received: RouteRequest) => Promise<Result<Response, SignOutFailure>>;
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

const PAGE_HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
};

/**
 * Serves the page on which a signed-in person sees their sessions, and ends one of the other sessions, all of them, or that
 * of the request. The sessions are those of the provider whose session the request has. A change is a form's POST. It is accepted only from pages of the same origin, and only with the token of a
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
  const isOver = response.headers.has('set-cookie') && isChange; // a sign-out has cleared the cookies
  const isRenewed = resolution?.outcome === 'signed-in' && !isOver;
  const cookies = isRenewed ? [...looks].flatMap(cookiesOf) : [];
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  const { method, path } = received.target;
  const durationMs = reporting.now() - startedAt;
  reporting.log(received.request, () => ({
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
  const forgotten = denial.loopGuard.forget(request.headers.get('cookie'), pageKey(target));
  for (const cookie of forgotten) headers.append('set-cookie', cookie);
  const model = {
    account: accountName(session),
    current: session,
    canSignOut: isByCookie(user),
    isCurrentKnown: currentId !== undefined,
    others,
    endsTokens: user.chosen.kind !== 'candidates',
    isCut,
    formToken: await formToken(session),
    ended: await readEnded(target.search, session),
  };
  return success(await denial.pages.show('sessions', model, request, { status: 200, headers }));
}

async function change(
  user: SignedInUser,
  options: SessionsPageOptions,
): Promise<Result<Response, AccessFailure>> {
  const form = await readFormBody(user.request);
  if (!form.ok) return failed({ problem: refusal(form.failure) });
  const { session } = user.resolution;
  const token = form.value.get(TOKEN_FIELD) ?? '';
  if (!matchesSecret(token, [await formToken(session)])) {
    return failed({ problem: refusal('form_not_current') });
  }
  const what = form.value.get(END_FIELD) ?? '';
  if (what === CURRENT && isByCookie(user)) return signOut(user, options);
  const { id, label } = readEndValue(what);
  const provider = providerOf(user, options);
  if (provider === undefined) return failed(NOT_LISTED);
  const ended = await (what === ALL_OTHERS ? provider.endOthers(user) : provider.end(id, user));
  if (!ended.ok || !ended.value.ok) return failed(await failureOf(ended, user, options));
  // The browser is redirected, so that a reload repeats no change.
  const query = await endedQuery(what === ALL_OTHERS ? ALL_OTHERS : label, session);
  const headers = { ...PAGE_HEADERS, location: SESSIONS_PAGE_PATH + query };
  return success(new Response(null, { status: 303, headers }));
}

async function signOut(
  user: SignedInUser,
  options: SessionsPageOptions,
): Promise<Result<Response, AccessFailure>> {
  const ended = await options.signOut(user);
  if (ended.ok) return ended;
  const { reason, retryAfterSeconds } = ended.failure;
  return failed({ problem: refusal(reason, retryAfterSeconds) });
}

/** Writes the query of the page after a change: the label of what was ended, with a proof that this page wrote it. */
async function endedQuery(label: string, session: Session): Promise<string> {
  const proof = await endedProof(label, session);
  return `?${new URLSearchParams({ ended: label, proof })}`;
}

/** Reads the label of what was just ended; `undefined` if no change of this session led to the page. */
async function readEnded(search: string, session: Session): Promise<string | undefined> {
  const query = new URLSearchParams(search);
  const label = query.get('ended');
  if (label === null) return undefined;
  const proof = await endedProof(label, session);
  return matchesSecret(query.get('proof') ?? '', [proof]) ? label : undefined;
}

/** A page of another site does not know the session's id, so it cannot make the page show a text of its own. */
function endedProof(label: string, { id }: Session): Promise<string> {
  return digestName('v1f', [id, label]);
}

const NOT_LISTED: AccessFailure = Object.freeze({ problem: refusal('session_not_listed') });

/** Whether the session is that of a cookie. Sign-out ends no session of a header. */
function isByCookie({ chosen }: SignedInUser): boolean {
  return chosen.candidates[0].carrier.kind === 'cookie';
}

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
  // The page itself can be opened again, by its URL.
  const asker = { method: 'GET', headers: request.headers, cf: request.cf };
  const response = await errorPageOrJson(refused, asker, denial.pages);
  return { response, outcome: response.status >= 500 ? 'fault' : kind, reason };
}

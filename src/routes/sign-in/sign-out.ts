import { digestName } from '../../credentials/credential-name.ts';
import { errorResponse } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { clearedCookies } from '../../http/cleared-cookies.ts';
import { readFormBody } from '../../http/request-body.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import type { Reporting } from '../../observability/reporting.ts';
import { type NextPage, TOKEN_FIELD } from '../../pages/page-models.ts';
import type { SitePages } from '../../pages/site-pages.ts';
import { isNavigation } from '../../refusals/challenge.ts';
import { type Answer, logFieldsOf } from '../../refusals/denial.ts';
import { errorPageOrJson } from '../../refusals/error-page.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import { SIGN_OUT_PATH } from '../../sign-in/paths.ts';
import { refused, SIGN_IN_HEADERS } from './answers.ts';
import type { Ended, EndingOptions, SignOutFailure } from './endings.ts';
import { MAX_SESSIONS, type Presented, readPresented } from './presented-sessions.ts';
import { readReturnTo } from './return-to.ts';

export interface SignOutOptions extends EndingOptions {
  readonly hosts: SiteHosts;
  readonly pages: SitePages;
  /** The data of the site that a browser deletes at a sign-out, as `Clear-Site-Data` names it. */
  readonly clearSiteData: readonly string[];
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

export const SIGN_OUT_METHODS = ['GET', 'HEAD', 'POST'];

/**
 * Serves the page with which a person signs out, and takes its form. GET changes no session, so a prefetch signs nobody
 * out. The form counts only from a page of the same host that was made for the same sessions. It ends every session that
 * the request's cookies present. A success means that each of them is over at its provider and in the revocation log.
 * After a failure the cookies stay, and the same form completes the sign-out.
 */
export async function signOut(received: RouteRequest, options: SignOutOptions): Promise<Response> {
  const { log, now } = options.reporting;
  const startedAt = now();
  const { target } = received;
  const answer = await (target.method === 'POST' ? end : show)(received, options);
  log(received.request, () => ({
    route: 'sign-out',
    ...logFieldsOf(answer),
    method: target.method,
    path: target.path,
    durationMs: now() - startedAt,
  }));
  return answer.response;
}

/** Ends every session that the cookies of a request present, and makes the page after it. */
export async function endAll(
  received: RouteRequest,
  options: SignOutOptions,
): Promise<Result<Response, SignOutFailure>> {
  const presented = await readPresented(received, options);
  return presented.ok ? endPresented(presented.value, undefined, received, options) : presented;
}

async function show(received: RouteRequest, options: SignOutOptions): Promise<Answer> {
  const { request } = received;
  const refuse = (reason: Reason) => readable(refused(reason), request, options);
  const returnTo = readNext(received, options);
  if (!returnTo.ok) return refuse(returnTo.failure);
  const presented = await readPresented(received, options);
  if (!presented.ok) return answerFailure(presented.failure, request, options);
  const { sessions } = presented.value;
  if (isInHeaderOnly(presented.value)) return refuse('sign_out_not_possible');
  const formTokens = await Promise.all(secretNames(presented.value).map(formToken));
  if (formTokens.length === 0) {
    const next = nextOf(returnTo.value, { isAtOnce: false });
    return passed(await signedOut(next, new Headers(SIGN_IN_HEADERS), request, options));
  }
  const named = sessions.map(({ account }) => account).filter((name) => name !== undefined);
  const model = { formTokens, accounts: [...new Set(named)] };
  const init = { status: 200, headers: new Headers(SIGN_IN_HEADERS) };
  return passed(await options.pages.show('sign-out', model, request, init));
}

async function end(received: RouteRequest, options: SignOutOptions): Promise<Answer> {
  const { request, target } = received;
  const refuse = (reason: Reason) => readable(refused(reason), request, options);
  if (isCrossSite(request.headers, [options.hosts.siteOf(target.host)])) {
    return refuse('cross_site_change');
  }
  const returnTo = readNext(received, options);
  if (!returnTo.ok) return refuse(returnTo.failure);
  const form = await readFormBody(request);
  if (!form.ok) return refuse(form.failure);
  const presented = await readPresented(received, options);
  if (!presented.ok) return answerFailure(presented.failure, request, options);
  if (isInHeaderOnly(presented.value)) return refuse('sign_out_not_possible');
  const isCurrent = await isFormOf(presented.value, form.value.getAll(TOKEN_FIELD));
  if (!isCurrent) return refuse('form_not_current');
  const ended = await endPresented(presented.value, returnTo.value, received, options);
  return ended.ok ? passed(ended.value) : answerFailure(ended.failure, request, options);
}

async function endPresented(
  { sessions, cookieNames }: Presented,
  returnTo: string | undefined,
  { request, target, waitUntil }: RouteRequest,
  options: SignOutOptions,
): Promise<Result<Response, SignOutFailure>> {
  const { hosts, signIn, clearSiteData } = options;
  const all: Ended[] = [];
  for (const session of sessions) {
    const ended = await session.end();
    if (!ended.ok) return ended;
    all.push(ended.value);
  }
  const site = hosts.siteOf(target.host);
  const cleared = [...cookieNames].flatMap((name) => clearedCookies(name, site));
  const headers = new Headers(SIGN_IN_HEADERS);
  for (const cookie of [...all.flatMap(({ setCookies }) => setCookies), ...cleared]) {
    headers.append('set-cookie', cookie);
  }
  const stores = all.map((ended) => ended.clearSiteData).filter((value) => value !== undefined);
  const cleaned = [...new Set([...clearSiteData.map((type) => `"${type}"`), ...stores])].join(', ');
  if (cleaned !== '') headers.set('clear-site-data', cleaned);
  const isAtIssuer = all.some((ended) => ended.isAtIssuer);
  const url =
    isAtIssuer &&
    (await signIn?.client.endSessionUrl(
      { returnTo: site + SIGN_OUT_PATH, state: returnTo },
      waitUntil,
    ));
  const next: NextPage = url
    ? { url, kind: 'issuer', isAtOnce: true }
    : nextOf(returnTo, { isAtOnce: true });
  return success(await signedOut(next, headers, request, options));
}

function signedOut(
  next: NextPage,
  headers: Headers,
  request: Request,
  { pages }: SignOutOptions,
): Promise<Response> {
  return pages.show('signed-out', { next }, request, { status: 200, headers });
}

/**
 * Reads where the browser goes after the sign-out: `return_to`, or the `state` with which the issuer sends the browser
 * back (OpenID Connect RP-Initiated Logout 1.0 section 3).
 */
function readNext(
  { target }: RouteRequest,
  { hosts }: SignOutOptions,
): Result<string | undefined, 'parameter_not_valid'> {
  const query = new URLSearchParams(target.search);
  const read = (from: URLSearchParams) => readReturnTo(from, target.host, hosts);
  const state = query.get('state');
  if (query.has('return_to')) {
    const url = read(query);
    return url === undefined ? failed('parameter_not_valid') : success(url);
  }
  return success(state === null ? undefined : read(new URLSearchParams({ return_to: state })));
}

function nextOf(
  returnTo: string | undefined,
  { isAtOnce }: { readonly isAtOnce: boolean },
): NextPage {
  return returnTo === undefined
    ? { url: '/', kind: 'home', isAtOnce: false }
    : { url: returnTo, kind: 'return-to', isAtOnce };
}

function isInHeaderOnly({ cookieNames, isInHeader }: Presented): boolean {
  return isInHeader && cookieNames.size === 0;
}

function secretNames({ sessions }: Presented): readonly string[] {
  const names = sessions.map(({ secretName }) => secretName).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/** Returns whether the page of the form was made for every session that the request presents now. */
async function isFormOf(presented: Presented, tokens: readonly string[]): Promise<boolean> {
  const given = tokens.slice(0, MAX_SESSIONS); // a page has one for each session
  const wanted = await Promise.all(secretNames(presented).map(formToken));
  return wanted.map((token) => matchesSecret(token, given)).every(Boolean);
}

function formToken(secretName: string): Promise<string> {
  return digestName('v1o', [secretName]);
}

function passed(response: Response): Answer {
  return { response, outcome: 'pass', reason: undefined };
}

/** The part of a request that decides about the page of an error. The sign-out itself can be opened again, by its URL. */
function askerOf({ headers, cf }: Request) {
  return { method: 'GET', headers, cf };
}

async function readable(
  answer: Answer,
  request: Request,
  { pages }: SignOutOptions,
): Promise<Answer> {
  return { ...answer, response: await errorPageOrJson(answer.response, askerOf(request), pages) };
}

/** Answers that the sign-out is not complete. No cookie is cleared, so that the person can try again. */
async function answerFailure(
  { reason, retryAfterSeconds }: SignOutFailure,
  request: Request,
  { pages }: SignOutOptions,
): Promise<Answer> {
  const made = errorResponse(reason, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  const outcome = made.status >= 500 ? 'fault' : 'refuse';
  if (!isNavigation(request.headers)) return { response: made, outcome, reason };
  const isSignOut = request.method === 'POST';
  const response = await pages.showError({ reason, isSignOut }, askerOf(request), made);
  return { response, outcome, reason };
}

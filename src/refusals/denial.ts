import { type ErrorShape, errorHeaders } from '../errors/error-response.ts';
import { explain } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { Decision } from '../observability/decision-log.ts';
import type { Asker, ErrorModel } from '../pages/page-models.ts';
import type { SitePages } from '../pages/site-pages.ts';
import type { Rule } from '../rules/rules.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { Awaitable } from '../runtime/awaitable.ts';
import { accountName } from '../session/account-name.ts';
import type { Resolution } from '../sessions/resolution.ts';
import { SIGN_OUT_PATH } from '../sign-in/paths.ts';
import type { ProtectedResources } from '../tokens/protected-resources.ts';
import { bearerChallenge } from './bearer-challenge.ts';
import {
  type ChallengeOptions,
  challengeLocation,
  isNavigation,
  MAX_RETURN_LENGTH,
} from './challenge.ts';

import { type LoginLoopGuard, pageKey } from './login-loop-guard.ts';

export interface DenialOptions extends ChallengeOptions {
  /** Makes the answers for programs. */
  readonly errorShape: ErrorShape;
  /** Makes the answers for people. */
  readonly pages: SitePages;
  readonly loopGuard: LoginLoopGuard;
  readonly resources: Pick<ProtectedResources, 'metadataUrlFor'>;
}

/** The answer to a request, with its fields for the log. */
export interface Answer {
  readonly response: Response;
  readonly outcome: Decision['outcome'];
  readonly reason: Reason | undefined;
  /** More detail for the log; the client does not get it. */
  readonly detail?: string;
}

/** Returns the log's fields of an answer. */
export function logFieldsOf({
  response,
  outcome,
  reason,
  detail,
}: Answer): Pick<Decision, 'outcome' | 'status' | 'reason' | 'detail'> {
  return {
    outcome,
    status: response.status,
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
  };
}

export interface Denied {
  readonly asker: Asker;
  readonly target: AdmittedTarget;
  readonly rule: Rule;
  /** The look-up that led to the denial. Its person is told which account has no access. */
  readonly resolution?: Resolution | undefined;
  /** Whether Postern’s own pages are at the request’s host, as they are behind the gate. */
  readonly hasOwnPages?: boolean;
}

type Denial = Extract<Verdict, { kind: 'deny' }>;

/**
 * Answers a request that may not pass. A person is redirected to the page where they can meet the requirement. When
 * there is no such page, or the redirect leads in circles, the person gets a page that names the reason. A program
 * gets the reason as JSON.
 */
export function answerDenial(
  denial: Denial,
  denied: Denied,
  options: DenialOptions,
): Awaitable<Answer> {
  const { reason, detail } = denial;
  const logged = { reason, ...(detail !== undefined && { detail }) };
  const locate = () =>
    challengeLocation(reason, { target: denied.target, storeBody: denial.storeBody }, options);
  if (!isNavigation(denied.asker.headers)) {
    // A program gets the URL of a step-up (403). A program without a session (401) knows by itself how to sign in.
    const location = explain(reason).status === 403 ? locate() : undefined;
    const response = denialResponse(denial, denied, location, options);
    return { response, outcome: 'deny', ...logged };
  }
  const location = locate();
  if (location !== undefined) return answerChallenge(denial, denied, location, options);
  return denialPage(denial, denied, options).then((response) => ({
    response,
    outcome: 'deny',
    ...logged,
  }));
}

/** Makes a page that names the reason, if no page can help the person. */
function denialPage({ reason }: Denial, denied: Denied, options: DenialOptions): Promise<Response> {
  const headers = errorHeaders(reason);
  const challenge = explain(reason).status === 401 && challengeFor(reason, denied, options);
  if (challenge) headers.set('www-authenticate', challenge);
  const model = { reason, ...accountOf(denied, options) };
  return showDenial(model, headers, denied, options.pages);
}

/** Returns the name of the account that was denied, and the page at which to leave it for another one. */
function accountOf(
  { resolution, target, hasOwnPages = false }: Denied,
  { hosts }: DenialOptions,
): Pick<ErrorModel, 'account' | 'otherAccountUrl'> {
  if (resolution?.outcome !== 'signed-in') return {};
  const account = accountName(resolution.session);
  return hasOwnPages
    ? {
        account,
        otherAccountUrl: `${SIGN_OUT_PATH}?return_to=${placeOf(target, hosts.siteOf(target.host))}`,
      }
    : { account };
}

/**
 * Returns the path to come back to, if a repetition of the request is safe and its path fits. A path that begins with two
 * slashes would name a host (RFC 3986 section 4.2), so it is a URL of the site.
 */
function placeOf({ method, path, search }: AdmittedTarget, site: string): string {
  const isRepeatable = method === 'GET' || method === 'HEAD';
  const fits = path.length + search.length <= MAX_RETURN_LENGTH;
  if (!isRepeatable || !fits) return encodeURIComponent('/');
  return encodeURIComponent(path.startsWith('//') ? site + path + search : path + search);
}

function showDenial(
  model: ErrorModel,
  headers: Headers,
  denied: Denied,
  pages: SitePages,
): Promise<Response> {
  return pages.showError(model, denied.asker, { status: explain(model.reason).status, headers });
}

function denialResponse(
  { reason }: Denial,
  denied: Denied,
  location: string | undefined,
  options: DenialOptions,
): Response {
  return options.errorShape(reason, {
    challenge: challengeFor(reason, denied, options),
    ...(location !== undefined && { redirectBrowserTo: location }),
  });
}

function challengeFor(
  reason: Denial['reason'],
  { target, rule: { authenticatedWithinMs = 0, scopes } }: Denied,
  { resources }: DenialOptions,
): string | undefined {
  const maxAgeSeconds = Math.floor(authenticatedWithinMs / 1000);
  const resourceMetadataUrl = resources.metadataUrlFor(target);
  return bearerChallenge(reason, { resourceMetadataUrl, maxAgeSeconds, scopes });
}

async function answerChallenge(
  { reason }: Denial,
  denied: Denied,
  location: string,
  options: DenialOptions,
): Promise<Answer> {
  const { asker, target } = denied;
  const remembered = options.loopGuard.depart(asker.headers, pageKey(target), reason);
  if (remembered === undefined) return breakLoop(reason, denied, location, options);
  const headers = errorHeaders(reason);
  headers.delete('content-type');
  headers.set('location', location);
  for (const cookie of remembered) headers.append('set-cookie', cookie);
  const isSafe = target.method === 'GET' || target.method === 'HEAD';
  const response = new Response(null, { status: isSafe ? 302 : 303, headers });
  return { response, outcome: 'challenge', reason };
}

/**
 * Answers with a page that names the cause. The count starts again at zero, so a person who was only quick is not
 * stuck.
 */
async function breakLoop(
  cause: Denial['reason'],
  denied: Denied,
  location: string,
  { loopGuard, pages }: DenialOptions,
): Promise<Answer> {
  const reason = 'redirect_loop';
  const headers = errorHeaders(reason);
  const forgotten = loopGuard.forget(denied.asker.headers.get('cookie'), pageKey(denied.target));
  for (const cookie of forgotten) headers.append('set-cookie', cookie);
  const model = { reason, cause, signInUrl: location } as const;
  const response = await showDenial(model, headers, denied, pages);
  return { response, outcome: 'deny', reason, detail: cause };
}

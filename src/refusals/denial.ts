import { type ErrorShape, errorHeaders } from '../errors/error-response.ts';
import { explain } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import { isTokenReason, type TokenDenialReason } from '../errors/token-reasons.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { Decision } from '../observability/decision-log.ts';
import type { Rule } from '../rules/rules.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { ProtectedResources } from '../tokens/protected-resources.ts';
import { bearerChallenge } from './bearer-challenge.ts';
import { type ChallengeOptions, challengeLocation, isNavigation } from './challenge.ts';

import { type LoginLoopGuard, pageKey } from './login-loop-guard.ts';
import { messagePage } from './message-page.ts';

export interface DenialOptions extends ChallengeOptions {
  /** Makes the answers for programs. */
  readonly errorShape: ErrorShape;
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
  readonly headers: Headers;
  readonly target: AdmittedTarget;
  readonly rule: Rule;
}

type Denial = Extract<Verdict, { kind: 'deny' }>;

/**
 * Answers a request that may not pass. A person is redirected to the page where they can meet the requirement. When
 * there is no such page, or the redirect leads in circles, the person gets a page that names the reason. A program
 * gets the reason as JSON.
 */
export async function answerDenial(
  denial: Denial,
  denied: Denied,
  options: DenialOptions,
): Promise<Answer> {
  const { reason, detail } = denial;
  const logged = { reason, ...(detail !== undefined && { detail }) };
  const locate = () =>
    challengeLocation(reason, { target: denied.target, storeBody: denial.storeBody }, options);
  if (!isNavigation(denied.headers)) {
    // A program gets the URL of a step-up (403). A program without a session (401) knows by itself how to sign in.
    const location = explain(reason).status === 403 ? locate() : undefined;
    const response = denialResponse(denial, denied, location, options);
    return { response, outcome: 'deny', ...logged };
  }
  const location = locate();
  if (location !== undefined) return answerChallenge(denial, denied, location, options);
  return { response: await denialPage(denial, denied, options), outcome: 'deny', ...logged };
}

/** A person without a session needs a page to sign in at. */
const NO_SIGN_IN =
  'This site has no page at which a browser can sign in. Programs send an access token in Authorization: Bearer. Operator: set LOGIN_URL if there is such a page.';

/** Makes a page that names the reason, if no page can help the person. */
function denialPage(denial: Denial, denied: Denied, options: DenialOptions): Promise<Response> {
  const { reason } = denial;
  const { status, message, hint } = explain(reason);
  const headers = errorHeaders(reason);
  if (status !== 401) {
    return messagePage({ title: message, paragraphs: [hint], code: reason }, { status, headers });
  }
  const challenge = challengeFor(reason, denied, options);
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
  const paragraphs = isTokenReason(reason) ? [message, NO_SIGN_IN] : [NO_SIGN_IN];
  const page = { title: 'You are not signed in', paragraphs, code: reason };
  return messagePage(page, { status, headers });
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
  const { headers: received, target } = denied;
  const remembered = options.loopGuard.depart(received, pageKey(target), reason);
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
  { headers: received, target }: Denied,
  location: string,
  { loopGuard }: DenialOptions,
): Promise<Answer> {
  const { status, message, hint: text } = explain('redirect_loop');
  const headers = errorHeaders('redirect_loop');
  const forgotten = loopGuard.forget(received, pageKey(target));
  for (const cookie of forgotten) headers.append('set-cookie', cookie);
  const paragraphs = [
    text,
    `What this site said each time: ${explain(cause).hint}`,
    hintFor(cause),
  ];
  const action = { label: 'Try to sign in again', href: location };
  const page = { title: message, paragraphs, action, code: cause };
  const response = await messagePage(page, { status, headers });
  return { response, outcome: 'deny', reason: 'redirect_loop', detail: cause };
}

function hintFor(cause: Denial['reason']): string {
  return isTokenReason(cause)
    ? 'A cookie holds a token that is not valid. Clearing the cookies of this site helps.'
    : HINTS[cause];
}

/** The usual cause of each reason when it persists after a sign-in. */
const HINTS: Record<Exclude<Denial['reason'], TokenDenialReason>, string> = {
  credential_missing:
    'Your browser did not send the session cookie. For the operator of this site: look at its domain, path and SameSite.',
  credential_malformed:
    'The session cookie holds something else. Clearing the cookies of this site helps.',
  credential_ambiguous:
    'Your browser sent session cookies of more than one person. Clearing the cookies of this site helps.',
  session_inactive:
    'The session is not active. For its operator: sign-in and this gate may use different session stores or cookie names.',
  session_aal2_required: 'A second factor is asked for and was not given.',
  session_refresh_required:
    'Signing in again did not renew the time of sign-in. For its operator: the sign-in page must honour refresh=true.',
  insufficient_scope: '',
  exchange_not_possible: '',
  exchange_refused: '',
  condition_not_met: '',
  condition_not_evaluable: '',
};

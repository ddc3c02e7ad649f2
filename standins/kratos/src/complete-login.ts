import { goJson, redirect, wantsJson } from './answers.ts';
import type { Flow } from './flow.ts';
import { herodotError } from './herodot-error.ts';
import { issueSession } from './issue-session.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { DEFAULT_RETURN_PATH, resolveReturnTo } from './return-to.ts';
import { deviceDocument, sessionDocument } from './session.ts';
import { endOthersAfter, type SignedIn, store } from './store.ts';
import { satisfiesRequiredAal } from './whoami.ts';

/** The end of a sign-in: the session is kept, hooks run, and the answer hands it over (`selfservice/flow/login/hook.go`). */
export async function completeLogin(
  c: KratosContext,
  flow: Flow,
  signedIn: SignedIn,
): Promise<Response> {
  const { session } = signedIn;
  const answer = answerCompleted(c, flow, signedIn);
  // Before the session is kept: whether this is the same person as before, the cookie's issue asks.
  if (flow.type === 'browser') await issueSession(c, answer, session);
  const { seenFrom: _, ...kept } = session;
  store.sessions.set(session.id, kept);
  flow.state = 'passed_challenge';
  endOthersAfter('login', session);
  return answer;
}

function answerCompleted(c: KratosContext, flow: Flow, signedIn: SignedIn): Response {
  const { session } = signedIn;
  const document = completedSession(c, signedIn);
  if (flow.type === 'api') {
    return goJson({ session_token: session.token, session: document, continue_with: null });
  }
  const stepUp = `${publicUrl(c)}/self-service/login/browser?aal=aal2`;
  const returnTo = resolveReturnTo(flow.returnTo ?? DEFAULT_RETURN_PATH, publicUrl(c));
  const location = returnTo ?? publicUrl(c);
  const isBelow = !satisfiesRequiredAal(signedIn);
  if (!wantsJson(c.req.raw)) return redirect(c.req.raw, isBelow ? stepUp : location);
  if (isBelow) return locationChange(c.req.raw, stepUp);
  const next = { action: 'redirect_browser_to', redirect_browser_to: location };
  return goJson({ session: document, continue_with: [next] });
}

/** The session of a sign-in that has just ended, with the device that it came from. */
export function completedSession(
  c: KratosContext,
  { session, identity }: SignedIn,
): Record<string, unknown> {
  const options = { publicUrl: publicUrl(c), now: Date.now(), isFresh: true };
  const document = sessionDocument(session, identity, options);
  if (!session.seenFrom) return document;
  return {
    ...document,
    devices: [session.device, session.seenFrom].map((device) => deviceDocument(device)),
  };
}

/** 422: a script in a browser is sent on, as 303 does one that navigates (`selfservice/flow/error.go`). */
export function locationChange(request: Request, location: string): Response {
  return herodotError(request, {
    code: 422,
    id: 'browser_location_change_required',
    reason: `In order to complete this flow please redirect the browser to: ${location}`,
    message: 'browser location change required',
    redirectBrowserTo: location,
  });
}

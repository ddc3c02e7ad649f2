import { digestName } from '../../credentials/credential-name.ts';
import { partNames } from '../../credentials/split-cookie.ts';
import { readFormBody } from '../../http/request-body.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import { TOKEN_FIELD } from '../../pages/page-models.ts';
import type { SitePages } from '../../pages/site-pages.ts';
import type { Answer } from '../../refusals/denial.ts';
import type { MarkSubject } from '../../revocation/mark.ts';
import type { Report } from '../../runtime/report.ts';
import { success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { ChangeMaker } from '../../session-changes/change-maker.ts';
import { ending, type SessionChange } from '../../session-changes/session-change.ts';
import { SIGN_OUT_PATH } from '../../sign-in/paths.ts';
import type { OpenedSignIn } from '../../sign-in/sealed-sign-ins.ts';
import { clearedCookies, type SignInCookies } from '../../sign-in/sign-in-cookies.ts';
import { answerSignIn, refused, SIGN_IN_HEADERS } from './answers.ts';
import type { SignInOptions } from './sign-in.ts';

export interface SignOutOptions extends SignInOptions {
  readonly cookies: SignInCookies;
  readonly pages: SitePages;
  readonly changes: Pick<ChangeMaker, 'make'>;
  readonly report: Report;
}

export const SIGN_OUT_METHODS = ['GET', 'HEAD', 'POST'];

/**
 * Serves the page with which a person signs out, and takes its form. The form counts only from a page of the same host
 * that was made for the same sign-in. The sign-in is marked as ended before the answer, so a copy of the cookies ends
 * too, and the issuer is told to revoke the refresh token (RFC 7009). A page then leads to the issuer's own sign-out.
 */
export function signOut(received: RouteRequest, options: SignOutOptions): Promise<Response> {
  const isForm = received.target.method === 'POST';
  return answerSignIn(received, options.reporting, () => (isForm ? end : show)(received, options));
}

async function show(
  { request, target }: RouteRequest,
  { sealed, pages }: SignOutOptions,
): Promise<Answer> {
  const signIn = await sealed.openIn(request.headers, target.host);
  const init = { status: 200, headers: new Headers(SIGN_IN_HEADERS) };
  const response =
    signIn === undefined
      ? await pages.show('signed-out', { next: undefined }, request, init)
      : await pages.show(
          'sign-out',
          { action: SIGN_OUT_PATH, formToken: await formToken(signIn) },
          request,
          init,
        );
  return { response, outcome: 'pass', reason: undefined };
}

async function end(received: RouteRequest, options: SignOutOptions): Promise<Answer> {
  const { request, target, waitUntil } = received;
  const { client, sealed, hosts, changes, cookies } = options;
  const site = hosts.siteOf(target.host);
  if (isCrossSite(request.headers, [site])) return refused('cross_site_change');
  const form = await readFormBody(request);
  if (!form.ok) return refused(form.failure);
  const signIn = await sealed.openIn(request.headers, target.host);
  if (signIn !== undefined) {
    const token = form.value.get(TOKEN_FIELD) ?? '';
    if (!(await matchesSecret(token, [await formToken(signIn)])))
      return refused('form_not_current');
    const ended = await changes.make(endOf(signIn, options, waitUntil), waitUntil);
    if (!ended.ok) return refused(ended.failure);
  }
  const headers = new Headers(SIGN_IN_HEADERS);
  for (const cookie of clearedCookies(partNames(cookies.name), cookies)) {
    headers.append('set-cookie', cookie);
  }
  const next = await client.endSessionUrl(site + SIGN_OUT_PATH, waitUntil);
  const response = await options.pages.show('signed-out', { next }, request, {
    status: 200,
    headers,
  });
  return { response, outcome: 'pass', reason: undefined };
}

/** Describes the end of a sign-in. The mark alone ends it here, whatever the issuer answers. */
function endOf(
  signIn: OpenedSignIn,
  { client, report }: Pick<SignOutOptions, 'client' | 'report'>,
  waitUntil: WaitUntil,
): SessionChange {
  const about = subjectsOf(signIn);
  return {
    intent: { kind: 'known', about },
    async send() {
      const { refreshToken } = signIn;
      const revoked = refreshToken && (await client.revoke(refreshToken, waitUntil));
      if (revoked && !revoked.ok) {
        const { failure } = revoked;
        const detail = failure.kind === 'error' ? failure.code : failure.detail;
        report({ event: 'refresh-token-not-revoked', issuer: client.issuer, detail });
      }
      return success(new Response(null, { status: 204 }));
    },
    conclude: async () => ending(about),
  };
}

/** Names the sign-in, and the session and the token that it stands for. Other sign-ins of the person go on. */
function subjectsOf({ id, claims }: OpenedSignIn): MarkSubject[] {
  const { issuer, subject: identityId, sessionId, tokenId } = claims;
  return [
    { kind: 'session', sessionId: id, identityId, issuer },
    ...(sessionId === undefined
      ? []
      : [{ kind: 'session', sessionId, identityId, issuer } as const]),
    ...(tokenId === undefined ? [] : [{ kind: 'token', issuer, tokenId, identityId } as const]),
  ];
}

/** Derives the form's token from the sign-in’s name, which no page of another site knows. */
function formToken({ id }: OpenedSignIn): Promise<string> {
  return digestName('v1o', [id]);
}

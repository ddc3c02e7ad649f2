// Pure: no I/O, no clock.
import { html } from 'hono/html';
import { page } from '../../refusals/page.ts';
import { SIGN_OUT_PATH } from '../../sign-in/paths.ts';

export const TOKEN_FIELD = 'token';

/** Renders the page with the button to sign out. */
export function signOutPage(formToken: string, headers: Headers): Promise<Response> {
  const main = html`<form method="post" action="${SIGN_OUT_PATH}">
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
<p>This ends your sign-in in this browser.</p>
<p><button class="action">Sign out</button></p>
</form>`;
  return page('Sign out', main, { status: 200, headers, hasForm: true });
}

/**
 * Renders the page after a sign-out.
 *
 * @param next the URL of the issuer's own sign-out, where the browser goes on by itself. A redirect would not do:
 *   browsers apply the `form-action` of the page before to the redirects of its form.
 */
export function signedOutPage(next: string | undefined, headers: Headers): Promise<Response> {
  if (next !== undefined) headers.set('refresh', `0; url=${next}`);
  const [href, label] =
    next === undefined ? ['/', 'Go to the start page'] : [next, 'Sign out there too'];
  const main = html`<p>You are signed out of this site in this browser.</p>
<p><a class="action" href="${href}">${label}</a></p>`;
  return page('You are signed out', main, { status: 200, headers, hasForm: false });
}

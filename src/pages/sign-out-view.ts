// No I/O, no clock.
import { html } from 'hono/html';
import { actions } from './layout.ts';
import { type SignedOutModel, type SignOutModel, TOKEN_FIELD } from './page-models.ts';
import type { View, ViewContext } from './view.ts';

/** The page with the button to sign out. */
export function signOutView({ action, formToken }: SignOutModel, { texts }: ViewContext): View {
  const main = html`<p>${texts.signOut}</p>
<form method="post" action="${action}">
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
<div class="actions"><button class="action">${texts.signOutButton}</button></div>
</form>`;
  return { title: texts.signOutTitle, main, hasForm: true };
}

/**
 * The page after a sign-out. A redirect to the issuer's own sign-out would not do: browsers apply the `form-action` of
 * the page before to the redirects of its form.
 */
export function signedOutView({ next }: SignedOutModel, { texts }: ViewContext): View {
  const link =
    next === undefined
      ? { href: '/', label: texts.home }
      : { href: next, label: texts.signOutThereToo };
  const main = html`<p role="status">${texts.nowSignedOut}</p>
${actions([link])}`;
  const refresh = next === undefined ? undefined : { seconds: 0, url: next };
  return { title: texts.nowSignedOutTitle, main, refresh };
}

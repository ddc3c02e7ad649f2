// No I/O, no clock.
import { html } from 'hono/html';
import { actions } from './layout.ts';
import { type SignedOutModel, type SignOutModel, TOKEN_FIELD } from './page-models.ts';
import { fillWith } from './texts.ts';
import type { View, ViewContext } from './view.ts';

/** The page with the button to sign out. The form goes to the URL of the page, with its query. */
export function signOutView(
  { formTokens, accounts }: SignOutModel,
  { texts, formatList }: ViewContext,
): View {
  const account = formatList(accounts);
  const main = html`${accounts.length === 0 ? '' : html`<p>${fillWith(texts.signedInAs, 'account', html`<bdi>${account}</bdi>`)}</p>`}
<p>${texts.signOut}</p>
<form method="post">
${formTokens.map((token) => html`<input type="hidden" name="${TOKEN_FIELD}" value="${token}">`)}
<div class="actions"><button class="action">${texts.signOutButton}</button></div>
</form>
${actions([{ label: texts.staySignedIn, href: '/' }], 'second')}`;
  return { title: texts.signOutTitle, main, hasForm: true };
}

/**
 * The page after a sign-out. The browser goes on by itself from this page: a redirect would not do, because browsers apply
 * the `form-action` of the page before to the redirects of its form.
 */
export function signedOutView({ next }: SignedOutModel, { texts }: ViewContext): View {
  const { url, kind, isAtOnce } = next;
  const labels = { home: texts.home, 'return-to': texts.goOn, issuer: texts.signOutThereToo };
  const main = html`<p role="status">${texts.nowSignedOut}</p>
${actions([{ href: url, label: labels[kind] }])}`;
  const refresh = isAtOnce ? { seconds: 0, url } : undefined;
  return { title: texts.nowSignedOutTitle, main, refresh };
}

import { html } from 'hono/html';
import { authenticate } from './credential.ts';
import { actionPath, type Flow, findFlow, isExpired } from './flow.ts';
import { formNodes } from './forms.ts';
import { DEMO_PASSWORD } from './identity.ts';
import type { KratosContext } from './public-url.ts';
import { store } from './store.ts';
import { DEMO_TOTP_CODE } from './submit-login.ts';
import type { InputNode } from './ui-nodes.ts';

type Html = ReturnType<typeof html>;

/** `GET /ui/login?flow=`: the sign-in form, which works without JavaScript. */
export function loginPage(c: KratosContext): Response | Promise<Response> {
  const flow = findFlow('login', c.req.query('flow'));
  if (!flow || isExpired(flow)) {
    return c.redirect(LOGIN_PATH, 303);
  }
  return c.html(page(titleOf(flow), loginForm(flow)), 200, PAGE_HEADERS);
}

/** `GET /ui/welcome`: where a sign-in that named no `return_to` ends, with the way out. */
export async function welcomePage(c: KratosContext): Promise<Response> {
  const signedIn = await authenticate(c.req.raw);
  if (!signedIn) return c.redirect(LOGIN_PATH, 303);
  const logout = `/self-service/logout?token=${signedIn.session.logoutToken}`;
  const body = html`<p>You are signed in as <strong>${String(signedIn.identity.traits.email)}</strong>.</p>
    <p><a class="button" href="${logout}">Sign out</a></p>`;
  return c.html(page('Signed in', body), 200, PAGE_HEADERS);
}

/** Without a host, so that the pages can be shown on the gated site's own. */
const LOGIN_PATH = '/self-service/login/browser';
const PAGE_HEADERS = { 'Cache-Control': 'private, no-store' };

function titleOf(flow: Flow): string {
  if (flow.requestedAal === 'aal2') return 'One more step';
  return flow.refresh ? 'Confirm that it is you' : 'Sign in';
}

function loginForm(flow: Flow): Html {
  return html`${flow.messages.map(
    ({ type, text }) =>
      html`<p class="${type}" role="${type === 'error' ? 'alert' : 'status'}">${text}</p>`,
  )}
    <form method="post" action="${actionPath(flow)}">${inputsOf(flow).map(input)}</form>
    <p class="hint">${hint(flow)}</p>`;
}

/** The accounts and codes that this stand-in accepts on this form. */
function hint({ requestedAal, refresh, identityId = '' }: Flow): Html {
  const identity = store.identities.get(identityId);
  const email = String(identity?.traits.email);
  if (requestedAal === 'aal2' && identity?.totp === false) {
    return html`${email} has no second factor, and mia@example.com has one. <a href="/.postern/sign-out?return_to=/vault">Sign out</a>, then sign in as mia@example.com.`;
  }
  if (requestedAal === 'aal2') return html`This stand-in accepts the code ${DEMO_TOTP_CODE}.`;
  if (refresh) return html`The password of ${email} is ${DEMO_PASSWORD}.`;
  return html`Try demo@example.com or mia@example.com, password ${DEMO_PASSWORD}.`;
}

function inputsOf(flow: Flow): InputNode[] {
  return (formNodes(flow) ?? []).filter((node) => node.type === 'input');
}

function input({ attributes, meta }: InputNode): Html {
  const { name, type, value = '' } = attributes;
  if (type === 'hidden') return html`<input type="hidden" name="${name}" value="${value}">`;
  if (type === 'submit') {
    return html`<button name="${name}" value="${value}">${meta.label?.text ?? 'Send'}</button>`;
  }
  const label = name === 'identifier' ? 'Email' : meta.label?.text;
  return html`<label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="${type}" value="${value}" required
      autocomplete="${attributes.autocomplete ?? 'username'}">`;
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Kratos stand-in</title>
<style>
:root { color-scheme: light dark }
body { background: light-dark(#fff, #111827); color: light-dark(#1f2937, #e5e7eb); font: 1rem/1.5 system-ui, sans-serif; margin: 10vh auto; max-width: 22rem; padding: 0 1rem }
h1 { font-size: 1.5rem }
label { display: block; font-weight: 600; margin-top: 1rem }
input, button { box-sizing: border-box; font: inherit; min-height: 2.75rem; padding: .5rem .75rem; width: 100% }
input { background: light-dark(#fff, #1f2937); border: 1px solid light-dark(#6b7280, #9ca3af); border-radius: .375rem; color: inherit }
button, .button { background: light-dark(#1d4ed8, #93c5fd); border: 0; border-radius: .375rem; color: light-dark(#fff, #0b1220); cursor: pointer; font-weight: 600; margin-top: 1.5rem }
.button { display: inline-block; margin-top: 0; padding: .625rem 1.25rem; text-decoration: none }
.error { color: light-dark(#b91c1c, #fca5a5) }
.hint { color: light-dark(#4b5563, #d1d5db); font-size: .875rem }
.hint a { color: inherit }
:focus-visible { outline: 3px solid light-dark(#1d4ed8, #93c5fd); outline-offset: 2px }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;
}

import { html } from 'hono/html';
import type { EchoDocument } from './echo-document.ts';

type Html = ReturnType<typeof html>;

export interface EchoPageOptions {
  /** Whether the site shows sign-in pages of its own, with a way out. */
  readonly hasSignIn: boolean;
}

/** The site's only page: the request that reached it, as the origin saw it. */
export function echoPage(
  { method, url, headers, bodyLength }: EchoDocument,
  { hasSignIn }: EchoPageOptions,
): Html {
  const { pathname } = new URL(url);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pathname} · Origin stand-in</title>
<style>
:root { color-scheme: light dark }
body { background: light-dark(#fff, #111827); color: light-dark(#1f2937, #e5e7eb); font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.5rem; overflow-wrap: anywhere }
a { color: light-dark(#1d4ed8, #93c5fd) }
nav a { display: inline-block; margin-right: 1.25rem; padding: .625rem 0 }
a:focus-visible { outline: 3px solid light-dark(#1d4ed8, #93c5fd); outline-offset: 2px }
code, td, th { font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
caption { font-weight: 600; padding: .5rem 0; text-align: left }
td, th { border-top: 1px solid light-dark(#d1d5db, #374151); padding: .375rem .75rem .375rem 0; text-align: left; vertical-align: top }
td { word-break: break-all }
@media (max-width: 40rem) {
  thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; white-space: nowrap; width: 1px }
  tr, td, th { display: block }
  th { padding-bottom: 0 }
  td { border-top: 0; padding-top: 0 }
}
</style>
</head>
<body>
<main>
<h1>${pathname}</h1>
${hasSignIn ? navigation(headers) : ''}
<p>This is the site behind the gate. It was asked for <code>${method} ${url}</code>, with ${bodyLength} bytes of body.</p>
<table role="table">
<caption>Headers it received</caption>
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Name</th><th role="columnheader" scope="col">Value</th></tr></thead>
<tbody role="rowgroup">${headers.map(([name, value]) => html`<tr role="row"><th role="rowheader" scope="row">${name}</th><td role="cell">${value}</td></tr>`)}</tbody>
</table>
</main>
</body>
</html>`;
}

/** As any site has it; who is signed in is what the gate says. */
function navigation(headers: EchoDocument['headers']): Html {
  const email = headers.find(([name]) => name === 'x-user-email')?.[1];
  return html`<nav aria-label="Site">
<a href="/">Start</a> <a href="/account">Account</a> <a href="/members">Members</a> <a href="/vault">Vault</a> <a href="/public/about">Public</a>
${email === undefined ? html`<a href="/self-service/login/browser">Sign in</a>` : html`<a href="/.postern/sessions">Your sessions</a> <a href="/.postern/sign-out">Sign out ${decodeURIComponent(email)}</a>`}
</nav>`;
}

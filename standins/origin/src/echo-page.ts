import { html } from 'hono/html';
import type { EchoDocument } from './echo-document.ts';

/** The site's only page: the request that reached it, as the origin saw it. */
export function echoPage({
  method,
  url,
  headers,
  bodyLength,
}: EchoDocument): ReturnType<typeof html> {
  const { pathname } = new URL(url);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${pathname} · Origin stand-in</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1 { font-size: 1.5rem; overflow-wrap: anywhere }
code, td, th { font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% }
caption { font-weight: 600; padding: .5rem 0; text-align: left }
td, th { border-top: 1px solid light-dark(#d1d5db, #374151); padding: .375rem .75rem .375rem 0; text-align: left; vertical-align: top }
</style>
</head>
<body>
<main>
<h1>${pathname}</h1>
<p>This is the site behind the gate. It was asked for <code>${method} ${url}</code>, with ${bodyLength} bytes of body.</p>
<table>
<caption>Headers it received</caption>
<thead><tr><th scope="col">Name</th><th scope="col">Value</th></tr></thead>
<tbody>${headers.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody>
</table>
</main>
</body>
</html>`;
}

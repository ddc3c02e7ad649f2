// Pure: no I/O, no clock.
import { html } from 'hono/html';

/** What a person is told where a program would get JSON. Text only: everything is escaped. */
export interface Message {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** One thing to do about it. */
  readonly action?: { readonly label: string; readonly href: string };
  /** For whoever is asked for help. */
  readonly code: string;
}

/** Nothing of the page runs, loads or frames anything. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A page that explains why something is not shown: legible on a phone, in the dark, to a screen reader. */
export async function messagePage(
  { title, paragraphs, action, code }: Message,
  init: { readonly status: number; readonly headers: Headers },
): Promise<Response> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>
:root { color-scheme: light dark }
body { color: light-dark(#1f2937, #e5e7eb); background: light-dark(#fff, #111827); font: 1rem/1.6 system-ui, sans-serif; margin: 0 }
main { margin: 15vh auto 3rem; max-width: 34rem; padding: 0 1.25rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
a.action { background: light-dark(#1d4ed8, #93c5fd); border-radius: .375rem; color: light-dark(#fff, #0b1220); display: inline-block; margin: .5rem 0; padding: .625rem 1.25rem; text-decoration: none }
a.action:focus-visible { outline: 3px solid light-dark(#1f2937, #fff); outline-offset: 2px }
.code { color: light-dark(#4b5563, #9ca3af); font-size: .875rem }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${paragraphs.map((text) => html`<p>${text}</p>`)}
${action === undefined ? '' : html`<p><a class="action" href="${action.href}">${action.label}</a></p>`}
<p class="code">Code: <code>${code}</code></p>
</main>
</body>
</html>
`;
  const headers = new Headers(init.headers);
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('content-security-policy', CONTENT_SECURITY_POLICY);
  headers.set('referrer-policy', 'no-referrer');
  return new Response(page.toString(), { status: init.status, headers });
}

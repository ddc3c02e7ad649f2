// Pure: no I/O, no clock.
import { html } from 'hono/html';

export type Markup = ReturnType<typeof html>;

export interface PageInit {
  readonly status: number;
  readonly headers: Headers;
  /** Whether the page sends forms to its own origin. */
  readonly hasForm: boolean;
}

/**
 * Renders a page for people. It is legible on a phone, in dark mode and to a screen reader. The page runs no scripts,
 * loads no resources and has no frames. Its address is not sent to other sites.
 *
 * @param title plain text; it is escaped
 */
export async function page(title: string, main: Markup, init: PageInit): Promise<Response> {
  const text = await html`<!doctype html>
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
h2 { font-size: 1.125rem; margin: 2rem 0 0 }
ul { list-style: none; margin: 0; padding: 0 }
li { border-bottom: 1px solid light-dark(#d1d5db, #374151); overflow-wrap: anywhere; padding: 1rem 0 }
h3, li p { font-size: 1rem; margin: 0 0 .25rem }
.action { background: light-dark(#1d4ed8, #93c5fd); border: 0; border-radius: .375rem; color: light-dark(#fff, #0b1220); cursor: pointer; display: inline-block; font: inherit; margin: .5rem 0; padding: .625rem 1.25rem; text-decoration: none }
.action:focus-visible { outline: 3px solid light-dark(#1f2937, #fff); outline-offset: 2px }
.code { color: light-dark(#4b5563, #9ca3af); font-size: .875rem }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
  const headers = new Headers(init.headers);
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('content-security-policy', contentSecurityPolicy(init));
  // With `no-referrer`, browsers would send forms with `Origin: null`, which any site can send.
  headers.set('referrer-policy', 'same-origin');
  return new Response(text.toString(), { status: init.status, headers });
}

function contentSecurityPolicy({ hasForm }: PageInit): string {
  const target = hasForm ? 'self' : 'none';
  return `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action '${target}'; frame-ancestors 'none'`;
}

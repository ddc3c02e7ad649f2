// No I/O, no clock.
import { html, raw } from 'hono/html';
import { textOn } from './accent.ts';
import type { Appearance } from './page-models.ts';
import { STYLE } from './style.ts';
import { fillTemplate } from './template.ts';
import type { LayoutOptions, Markup, View } from './view.ts';

/** The frame of a page, unless the site has its own. */
const TEMPLATE = `<!doctype html>
<html lang="{{lang}}" dir="{{dir}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{title}}</title>
<style>
{{style}}</style>
</head>
<body>
<header>{{brand}}</header>
{{content}}
<footer>{{support}}</footer>
</body>
</html>
`;

/**
 * Lays out a page: the site's name, a card with the content, and the way to support. It is legible on a phone, in dark
 * mode and to a screen reader. The page runs no scripts, loads no resources and has no frames. Its address is not
 * sent to other sites.
 */
export async function layOut(view: View, options: LayoutOptions): Promise<Response> {
  const { appearance, language, init, texts } = options;
  const { name, supportUrl, template = TEMPLATE } = appearance;
  const write = async (markup: Markup) => (await markup).toString();
  const text = fillTemplate(template, {
    lang: language.tag,
    dir: language.direction,
    style: STYLE + accentStyle(appearance),
    title: await write(html`${view.title}${name === undefined ? '' : ` · ${name}`}`),
    site_name: await write(html`${name ?? ''}`),
    brand: await write(brand(appearance)),
    content: await write(html`<main${view.isWide ? raw(' class="wide"') : ''}>
<h1>${view.title}</h1>
${view.main}
</main>`),
    support: await write(
      html`${supportUrl === undefined ? '' : html`<a href="${supportUrl}">${texts.support}</a>`}`,
    ),
  });
  return new Response(text, { status: init.status, headers: headersOf(view, options) });
}

/** Makes the logo, or else the name. The text of the logo is the name. */
function brand({ name = '', logoUrl }: Appearance): Markup {
  if (logoUrl !== undefined) return html`<img src="${logoUrl}" alt="${name}">`;
  return html`${name === '' ? '' : html`<p dir="auto">${name}</p>`}`;
}

function accentStyle({ accent }: Appearance): string {
  return accent === undefined
    ? ''
    : `:root { --accent: ${accent}; --on-accent: ${textOn(accent)} }\n`;
}

function headersOf(view: View, { init, language, appearance }: LayoutOptions): Headers {
  const headers = new Headers(init.headers);
  headers.set('content-type', 'text/html; charset=utf-8');
  headers.set('content-language', language.tag);
  headers.append('vary', 'Accept-Language');
  headers.set('content-security-policy', contentSecurityPolicy(view, appearance));
  // With `no-referrer`, browsers would send forms with `Origin: null`, which any site can send.
  headers.set('referrer-policy', 'same-origin');
  const { refresh } = view;
  if (refresh !== undefined) {
    const { seconds, url } = refresh;
    headers.set('refresh', url === undefined ? `${seconds}` : `${seconds}; url=${url}`);
  }
  return headers;
}

function contentSecurityPolicy({ hasForm = false }: View, { logoUrl }: Appearance): string {
  const target = hasForm ? 'self' : 'none';
  const images = logoUrl === undefined ? '' : ` img-src ${new URL(logoUrl).origin};`;
  return `default-src 'none'; style-src 'unsafe-inline';${images} base-uri 'none'; form-action '${target}'; frame-ancestors 'none'`;
}

/** The one thing to do next, or another one beside it. */
export interface Action {
  readonly label: string;
  readonly href: string;
}

/** Makes the links of a page: the first is the plain next step, unless a form has that step. */
export function actions(links: readonly Action[], first: '' | 'second' = ''): Markup {
  return html`<div class="actions">${links.map(
    ({ label, href }, index) =>
      html`<a class="action${index === 0 && first === '' ? '' : ' second'}" href="${href}">${label}</a>`,
  )}</div>`;
}

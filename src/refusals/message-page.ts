// Pure: no I/O, no clock.
import { html } from 'hono/html';
import { page } from './page.ts';

/** What a person is told where a program would get JSON. Text only: everything is escaped. */
export interface Message {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** One thing to do about it. */
  readonly action?: { readonly label: string; readonly href: string };
  /** For whoever is asked for help. */
  readonly code: string;
}

/** A page that explains why something is not shown. */
export function messagePage(
  { title, paragraphs, action, code }: Message,
  init: { readonly status: number; readonly headers: Headers },
): Promise<Response> {
  const main = html`${paragraphs.map((text) => html`<p>${text}</p>`)}
${action === undefined ? '' : html`<p><a class="action" href="${action.href}">${action.label}</a></p>`}
<p class="code">Code: <code>${code}</code></p>`;
  return page(title, main, { ...init, hasForm: false });
}

// Pure: no I/O, no clock.
import { html } from 'hono/html';
import { page } from './page.ts';

/** A message for a person, in the cases where a program would get JSON. All members are plain text and are escaped. */
export interface Message {
  readonly title: string;
  readonly paragraphs: readonly string[];
  /** One thing that the person can do. */
  readonly action?: { readonly label: string; readonly href: string };
  /** An error code, for the people whom the person asks for help. */
  readonly code: string;
}

/** Renders a page that explains why the requested page is not shown. */
export function messagePage(
  { title, paragraphs, action, code }: Message,
  init: { readonly status: number; readonly headers: Headers },
): Promise<Response> {
  const main = html`${paragraphs.map((text) => html`<p>${text}</p>`)}
${action === undefined ? '' : html`<p><a class="action" href="${action.href}">${action.label}</a></p>`}
<p class="code">Code: <code>${code}</code></p>`;
  return page(title, main, { ...init, hasForm: false });
}

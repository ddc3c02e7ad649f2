import { explain } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import { isNavigation } from './challenge.ts';
import { messagePage } from './message-page.ts';

/**
 * A refusal or fault as its client can read it: the page a person is shown, the JSON a program gets. Status and
 * headers are those of the JSON, so that nothing but the reading differs.
 */
export async function shown(
  response: Response,
  reason: Reason,
  { headers }: { readonly headers: Headers },
): Promise<Response> {
  if (!isNavigation(headers)) return response;
  const { message, hint: text } = explain(reason);
  const page = { title: message, paragraphs: [text], code: reason };
  return messagePage(page, { status: response.status, headers: response.headers });
}

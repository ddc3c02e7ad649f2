import { explain } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import { isNavigation } from './challenge.ts';
import { messagePage } from './message-page.ts';

/**
 * Returns a refusal or fault in a form that its client can read: a page for a person, JSON for a program. The page
 * takes over the status and headers of the JSON answer.
 */
export async function errorPageOrJson(
  response: Response,
  reason: Reason,
  { headers }: { readonly headers: Headers },
): Promise<Response> {
  if (!isNavigation(headers)) return response;
  const { message, hint: text } = explain(reason);
  const page = { title: message, paragraphs: [text], code: reason };
  return messagePage(page, { status: response.status, headers: response.headers });
}

import { isReason } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import type { Asker } from '../pages/page-models.ts';
import type { SitePages } from '../pages/site-pages.ts';
import type { Awaitable } from '../runtime/awaitable.ts';
import { isNavigation } from './challenge.ts';

/**
 * Returns a refusal, denial or fault of Postern in a form that its client can read: a page for a person, JSON for a
 * program. The page takes over the status and the headers of the JSON answer. Every other answer is returned as it is.
 */
export function errorPageOrJson(
  response: Response,
  asker: Asker,
  pages: SitePages,
): Awaitable<Response> {
  if (!isToBeShown(response, asker)) return response;
  const reason = reasonIn(response);
  return reason === undefined ? response : pages.showError({ reason }, asker, response);
}

/**
 * Returns a page in place of an error that a browser would show as JSON or plain text: Postern's own, or one of Kratos,
 * which answers a browser with JSON while its database is down. The page shows no text of Kratos.
 */
export async function pageForPerson(
  response: Response,
  asker: Asker,
  pages: SitePages,
): Promise<Response> {
  if (!isToBeShown(response, asker)) return response;
  void response.body?.cancel().catch(() => {}); // the body may have failed already, and is not shown
  const { status } = response;
  const theirs = status === 404 || status === 410 ? 'not_found' : 'upstream_not_valid';
  return pages.showError({ reason: reasonIn(response) ?? theirs }, asker, response);
}

function isToBeShown({ status, headers }: Response, asker: Asker): boolean {
  if (status < 400 || !isNavigation(asker.headers)) return false;
  return !/^text\/html\b/i.test(headers.get('content-type') ?? '');
}

/** Returns the reason of an answer of Postern. The gate lets no header of the site through that has such a name. */
function reasonIn({ headers }: Response): Reason | undefined {
  const reason = headers.get('postern-reason') ?? '';
  return isReason(reason) ? reason : undefined;
}

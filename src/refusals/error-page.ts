import { explain, isReason } from '../errors/explanations.ts';
import type { Reason } from '../errors/reasons.ts';
import { isNavigation } from './challenge.ts';
import { type Message, messagePage } from './message-page.ts';

/** The parts of a request that decide the form of an error. */
type Asker = Pick<Request, 'method' | 'headers'>;

/**
 * Returns a refusal or fault in a form that its client can read: a page for a person, JSON for a program. The page
 * takes over the status and headers of the JSON answer, and leads on.
 */
export async function errorPageOrJson(
  response: Response,
  reason: Reason,
  { method, headers }: Asker,
): Promise<Response> {
  if (!isNavigation(headers)) return response;
  const { message, hint: text } = explain(reason);
  const action = wayOn(reason, method);
  const page = { title: message, paragraphs: [text], code: reason, ...(action && { action }) };
  return messagePage(page, { status: response.status, headers: response.headers });
}

/**
 * Returns a page in place of an error that a browser would show as JSON or plain text: Postern's own, or one of Kratos,
 * which answers a browser with JSON while its database is down. The page shows no text of Kratos.
 */
export async function pageForPerson(response: Response, asker: Asker): Promise<Response> {
  const { status, headers } = response;
  if (status < 400 || !isNavigation(asker.headers)) return response;
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) return response;
  void response.body?.cancel().catch(() => {}); // the body may have failed already, and is not shown
  return errorPageOrJson(response, reasonOf(response), asker);
}

function reasonOf({ status, headers }: Response): Reason {
  const own = headers.get('postern-reason') ?? '';
  if (isReason(own)) return own;
  return status === 404 || status === 410 ? 'not_found' : 'upstream_not_valid';
}

/** A page that is asked for again may come then. Every other page leads to the site, unless the host is not the site's. */
function wayOn(reason: Reason, method: string): Message['action'] | undefined {
  const { status } = explain(reason);
  const isRepeatable = method === 'GET' || method === 'HEAD';
  switch (reason) {
    case 'host_unknown':
    case 'host_not_valid':
      return undefined;
    case 'form_not_current':
    case 'body_not_valid':
      return { label: 'Open the page again', href: SAME_PAGE };
    default:
      return isRepeatable && (status >= 500 || status === 431)
        ? { label: 'Try again', href: SAME_PAGE }
        : { label: 'Go to the start page', href: '/' };
  }
}

/** The URL of the page itself, with its query (RFC 3986 section 4.4). A path of the request could name another host. */
const SAME_PAGE = '';

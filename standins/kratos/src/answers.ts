import { encodeGoJson } from './go-json.ts';

/** A success as herodot writes it: Go's JSON, and a charset that its errors do not have. */
export function goJson(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const answer = new Response(encodeGoJson(value), { status, headers });
  answer.headers.set('Content-Type', 'application/json; charset=utf-8');
  return answer;
}

const REDIRECTS = { 302: 'Found', 303: 'See Other', 307: 'Temporary Redirect' } as const;

/** A redirect as Go writes it: with a link in its body for a GET, without any body otherwise (`net/http` `Redirect`). */
export function redirect(
  request: Request,
  location: string,
  status: keyof typeof REDIRECTS = 303,
): Response {
  const headers = { Location: location };
  if (request.method !== 'GET') return new Response(null, { status, headers });
  const href = location.replace(/&/g, '&amp;').replace(/"/g, '&#34;');
  return new Response(`<a href="${href}">${REDIRECTS[status]}</a>.\n\n`, {
    status,
    headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' },
  });
}

/** 204 without a body, and without its type. */
export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** 204 as herodot writes it: with the type of the body that it does not have (herodot `json.go` `WriteCode`). */
export function emptyGoJson(): Response {
  return new Response(null, {
    status: 204,
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  });
}

/** Whether the caller is a script and not a browser navigating (`x/isjsonrequest.go` `IsJSONRequest`). */
export function wantsJson({ headers }: Request): boolean {
  const accept = headers.get('Accept') ?? '';
  if (accept.includes('application/json') && !accept.includes('text/html')) return true;
  return (headers.get('Content-Type') ?? '').includes('application/json');
}

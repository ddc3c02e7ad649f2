import { encodeGoJson } from './go-json.ts';

/** A success as herodot writes it: Go's JSON, and a charset that its errors do not have. */
export function goJson(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const answer = new Response(encodeGoJson(value), { status, headers });
  answer.headers.set('Content-Type', 'application/json; charset=utf-8');
  return answer;
}

/** 303 See Other, as every browser flow answers, with a cookie to set where there is one. */
export function seeOther(location: string, setCookie?: string): Response {
  const answer = new Response(null, { status: 303, headers: { Location: location } });
  if (setCookie) answer.headers.append('Set-Cookie', setCookie);
  return answer;
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}

/** Whether the caller is a script and not a browser navigating (`x/http.go` `IsJSONRequest`). */
export function wantsJson({ headers }: Request): boolean {
  const accept = headers.get('Accept') ?? '';
  if (accept.includes('application/json') && !accept.includes('text/html')) return true;
  return (headers.get('Content-Type') ?? '').includes('application/json');
}

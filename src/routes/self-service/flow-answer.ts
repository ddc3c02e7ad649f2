import { publicBody, publicCookie, publicLocation } from '../../providers/kratos/public-host.ts';
import { passedHeaders } from '../../providers/pass-through.ts';
import { failed, success } from '../../runtime/result.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import { readTextOf, type SelfServiceOptions } from './flow-request.ts';

/** Moves Kratos's answer to the site's host: cookies, redirects and URLs in documents become the site's. */
export async function passFlow(
  response: Response,
  { host }: Pick<SelfServiceOptions, 'host'>,
): Promise<ApiAnswer> {
  const headers = passedHeaders(response, ['clear-site-data']);
  const location = response.headers.get('location');
  if (location !== null) headers.set('location', publicLocation(location, host));
  for (const cookie of response.headers.getSetCookie()) {
    headers.append('set-cookie', publicCookie(cookie, host));
  }
  const { status } = response;
  const isJson = /^application\/(?:[a-z.-]+\+)?json\b/i.test(headers.get('content-type') ?? '');
  if (!isJson) return success(new Response(response.body, { status, headers }));
  const text = await readTextOf(response);
  if (text === undefined) return failed('upstream_not_valid');
  return success(new Response(publicBody(text, host), { status, headers }));
}

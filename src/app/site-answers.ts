import type { Config } from '../config/config.ts';
import type { KratosConfig } from '../config/kratos-config.ts';
import { errorResponse } from '../errors/error-response.ts';
import { MAX_FLOW_BYTES } from '../http/body-limits.ts';
import { readWholeText } from '../http/read-bounded-text.ts';
import { type PublicHost, publicBody, publicCookie } from '../providers/kratos/public-host.ts';
import type { Awaitable } from '../runtime/awaitable.ts';

/**
 * Moves the URLs in Kratos's refusals to a site with `SELF_SERVICE`: the URL for the second factor (403), and those of
 * the flow that goes on (422). Kratos's other answers about sessions name no URL of a flow.
 */
export function createSiteAnswers(
  config: Config,
  kratos: KratosConfig,
): (response: Response) => Awaitable<Response> {
  if (!config.SELF_SERVICE) return (response) => response;
  const host = publicHost(config, kratos);
  const move = async (response: Response) => {
    const text = await readWholeText(response, MAX_FLOW_BYTES);
    if (text === undefined) return errorResponse('upstream_not_valid');
    return new Response(publicBody(text, host), response);
  };
  return (response) => {
    const { status } = response;
    return status === 403 || status === 422 ? move(response) : response;
  };
}

/**
 * Rewrites the session cookie that Kratos renews, for a site with `SELF_SERVICE`. The cookie gets the domain and the
 * path that the cookies of the flows get.
 */
export function createSiteCookies(
  config: Config,
  kratos: KratosConfig,
): (setCookie: string) => string {
  if (!config.SELF_SERVICE) return (setCookie) => setCookie;
  const host = publicHost(config, kratos);
  return (setCookie) => publicCookie(setCookie, host);
}

/** Maps Kratos's own URLs to the URLs of the site. */
export function publicHost(config: Config, { baseUrl, publicUrl }: KratosConfig): PublicHost {
  return {
    kratosUrls: [baseUrl, publicUrl],
    publicUrl: config.PUBLIC_URL,
    apiPath: config.SESSION_API_PATH ?? '',
  };
}

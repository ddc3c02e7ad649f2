// Pure: no I/O, no clock.
import type { RefusalReason } from '../../errors/reasons.ts';
import {
  type AdmissionOptions,
  type AdmittedTarget,
  admitParts,
  type RequestParts,
  splitUrl,
} from '../../http/admit.ts';
import { failed, type Result } from '../../runtime/result.ts';

/** Forms in which proxies describe the original request: nginx's, that of Traefik and Caddy, and Envoy's. */
export const PROXY_KINDS = ['nginx', 'forward', 'envoy'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** Methods are case-sensitive (RFC 9110 section 9.1): `get` is a method of its own, which the site does not accept. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const ABSOLUTE_URL = /^https?:\/\//;
const ENVOY_PREFIX = '/.postern/auth/envoy';

/**
 * Reads the request that a proxy asks about, and admits it as if it had come to Postern itself. Each described part has
 * to have its own form before it is used with the others. A host with a path, a path with a host, and a header that is
 * missing or was sent twice (joined by `, `) are refused. The described scheme is not read.
 */
export function readOriginalRequest(
  kind: ProxyKind,
  { headers }: { readonly headers: Headers },
  target: AdmittedTarget,
  options: AdmissionOptions,
): Result<AdmittedTarget, RefusalReason> {
  const parts = describedParts(kind, headers, target);
  if (parts === undefined || !isWellFormed(parts, options)) {
    return failed('original_request_not_valid');
  }
  return admitParts(parts, options);
}

function describedParts(
  kind: ProxyKind,
  headers: Headers,
  target: AdmittedTarget,
): RequestParts | undefined {
  switch (kind) {
    case 'nginx': {
      const url = headers.get('x-original-url') ?? '';
      const split = ABSOLUTE_URL.test(url) ? splitUrl(url) : undefined;
      return split && { ...split, method: headers.get('x-original-method') ?? '' };
    }
    case 'forward':
      return {
        method: headers.get('x-forwarded-method') ?? '',
        authority: headers.get('x-forwarded-host') ?? '',
        target: headers.get('x-forwarded-uri') ?? '',
      };
    case 'envoy':
      // Envoy appends the original path to the configured one, and keeps the method and Host.
      return {
        method: target.method,
        authority: target.host,
        target: target.path.slice(ENVOY_PREFIX.length) + target.search,
      };
  }
}

/** Returns whether the parts are a method, an authority and an origin-form, without reading the path. */
function isWellFormed(
  { method, authority, target }: RequestParts,
  { hosts }: AdmissionOptions,
): boolean {
  return METHOD.test(method) && hosts.read(authority) !== undefined && target.startsWith('/');
}

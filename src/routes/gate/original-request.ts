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

/** How a proxy tells of the request it asks about: nginx, Traefik and Caddy, Envoy. */
export const PROXY_KINDS = ['nginx', 'forward', 'envoy'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

/** RFC 9110 section 9.1: case-sensitive, so that `get` is a method of its own, and none that is let in. */
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const ABSOLUTE_URL = /^https?:\/\//;
const ENVOY_PREFIX = '/.postern/auth/envoy';

/**
 * The request a proxy asks about, admitted just as if it had come here itself. Each described part has to be what
 * it is called before it is put beside the others: a host that carries a path, a path that carries a host, a header
 * that is missing or was sent twice (joined by `, `) is refused. The described scheme is not looked at.
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
      // Envoy puts the original path behind the one it is configured with, and keeps method and Host.
      return {
        method: target.method,
        authority: target.host,
        target: target.path.slice(ENVOY_PREFIX.length) + target.search,
      };
  }
}

/** A method, an authority and an origin-form, as far as one can tell without reading the path. */
function isWellFormed(
  { method, authority, target }: RequestParts,
  { hosts }: AdmissionOptions,
): boolean {
  return METHOD.test(method) && hosts.read(authority) !== undefined && target.startsWith('/');
}

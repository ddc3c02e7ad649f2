// Pure: no I/O, no clock.
import type { RefusalReason } from '../errors/reasons.ts';
import { failed, type Result } from '../errors/result.ts';
import { type AdmittedTarget, admit } from '../http/admit.ts';
import type { PathForm } from '../http/path-readings.ts';

/** How a proxy tells of the request it asks about: nginx, Traefik and Caddy, Envoy. */
export const PROXY_KINDS = ['nginx', 'forward', 'envoy'] as const;
export type ProxyKind = (typeof PROXY_KINDS)[number];

const METHOD = /^[A-Z]{1,32}$/;

/**
 * The request a proxy asks about, admitted just as if it had come here itself: a header that is missing, sent
 * twice (joined by `, `) or that is no URL is refused, never guessed at. The scheme in it is not looked at.
 */
export function readOriginalRequest(
  kind: ProxyKind,
  { headers }: { readonly headers: Headers },
  target: AdmittedTarget,
  allowedForms: ReadonlySet<PathForm>,
): Result<AdmittedTarget, RefusalReason> {
  switch (kind) {
    case 'nginx': {
      const method = headers.get('x-original-method') ?? '';
      return readUrl(method, headers.get('x-original-url') ?? '', allowedForms);
    }
    case 'forward': {
      const uri = headers.get('x-forwarded-uri') ?? '';
      if (!uri.startsWith('/')) return failed('original_request_not_valid');
      const url = `https://${headers.get('x-forwarded-host') ?? ''}${uri}`;
      return readUrl(headers.get('x-forwarded-method') ?? '', url, allowedForms);
    }
    case 'envoy': {
      // Envoy puts the original path behind the one it is configured with, and keeps method and Host.
      const path = target.path.slice('/.postern/auth/envoy'.length) + target.search;
      if (!path.startsWith('/')) return failed('original_request_not_valid');
      return readUrl(target.method, `https://${target.host}${path}`, allowedForms);
    }
  }
}

function readUrl(
  method: string,
  url: string,
  allowedForms: ReadonlySet<PathForm>,
): Result<AdmittedTarget, RefusalReason> {
  // Two header lines of one name arrive joined by ", ", and admit() refuses the space.
  if (!METHOD.test(method) || !/^https?:\/\//.test(url)) {
    return failed('original_request_not_valid');
  }
  return admit({ method, url, headers: new Headers() }, allowedForms);
}

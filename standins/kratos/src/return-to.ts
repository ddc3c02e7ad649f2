import type { HerodotError } from './herodot-error.ts';

// The value of `selfservice.allowed_return_urls`.
const ALLOWED_HOSTS = /^(localhost|127\.0\.0\.1|.+\.example\.com|.+\.test)$/;

/** The page that a browser reaches if its flow named no `return_to`. */
export const DEFAULT_RETURN_PATH = '/ui/welcome';

/**
 * Returns the URL that a flow may redirect to, absolute, or undefined if its host is not allowed
 * (`x/redir/secure_redirect.go`). A relative `returnTo` is taken against the public URL.
 */
export function resolveReturnTo(returnTo: string, publicUrl: string): string | undefined {
  if (!URL.canParse(returnTo, publicUrl)) return undefined;
  const url = new URL(returnTo, publicUrl);
  const allowed = ALLOWED_HOSTS.test(url.hostname) || url.origin === new URL(publicUrl).origin;
  return allowed && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

export function returnToForbidden(returnTo: string): HerodotError {
  return {
    code: 400,
    id: 'self_service_flow_return_to_forbidden',
    reason: `Requested return_to URL "${returnTo}" is not allowed.`,
  };
}

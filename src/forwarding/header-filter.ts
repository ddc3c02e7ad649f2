// Pure: no I/O, no clock.
import { foldHeaderName } from '../http/header-names.ts';

/**
 * Folded names, or beginnings of names, in which some origin somewhere believes an identity, a client
 * address, a scheme, a host, a path or a method. What a client sends in them never reaches the origin.
 */
const UNTRUSTED_PREFIXES = [
  'x-auth-',
  'x-authenticated-',
  'x-user',
  'x-kratos-',
  'x-session-',
  'x-forwarded',
  'x-original-',
  'x-rewrite-',
  'x-remote-',
  'x-envoy-',
  'x-middleware-',
  'x-goog-authenticated-',
  'x-ms-client-principal',
  'x-webauth-',
  'x-proxy-user',
  'x-proxy-',
  'x-real-',
  'x-client-ip',
  'x-cluster-client-',
  'x-http-method',
  'x-method-override',
  'x-http-host-override',
  'x-host',
  'x-arr-',
  'x-jwt-',
  'x-id-token',
  'x-access-token',
  'remote-',
  'auth-user',
  'cf-access-',
  'cf-connecting-',
  'true-client-ip',
  'client-ip',
  'postern-',
  'x-postern-',
  'forwarded',
] as const;

/** Folded names the client may not set because Postern or the platform does. */
const UNTRUSTED_NAMES: ReadonlySet<string> = new Set([
  'x-user',
  'x-email',
  'x-groups',
  'x-roles',
  'x-identity',
  'x-url-scheme',
  'x-scheme',
  'x-forwarded',
  'x-nextjs-data',
  'x-astro-path',
  'x-astro-locals',
  'x-invoke-path',
  'x-matched-path',
  'front-end-https',
  'base-url',
  'request-uri',
  'proxy', // "httpoxy": CGI turns it into HTTP_PROXY
]);

/**
 * Tells the headers that may pass from those that may not, by folded name, so that `X_User_Id`, `X.User.Id`
 * and `x-user-id` are one name here as they are at the origin.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;

  /** @param ownNames headers Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldHeaderName));
  }

  /** Whether a header of this name is believed only when Postern set it. */
  isUntrusted(name: string): boolean {
    const folded = foldHeaderName(name);
    return (
      this.#ours.has(folded) ||
      UNTRUSTED_NAMES.has(folded) ||
      UNTRUSTED_PREFIXES.some((prefix) => folded.startsWith(prefix))
    );
  }
}

// Pure: no I/O, no clock.
import { foldHeaderName } from '../http/header-names.ts';

/**
 * Beginnings of folded names in which some origin somewhere believes who somebody is: proxies that sign
 * people in, TLS terminators that read client certificates, CGI's `REMOTE_USER` and its relatives.
 */
const IDENTITY_PREFIXES = [
  'x-auth',
  'xauth',
  'x-user',
  'x-kratos-',
  'x-ory-',
  'x-session-',
  'x-identity-',
  'x-remote-',
  'x-goog-authenticated-',
  'x-goog-iap-',
  'x-amzn-oidc-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-webauth-',
  'x-proxy-user',
  'x-consumer-',
  'x-credential-',
  'x-pomerium-',
  'x-vouch-',
  'x-jwt-',
  'x-id-token',
  'x-access-token',
  'x-client-cert',
  'x-client-verify',
  'x-ssl-',
  'client-cert',
  'cert-',
  'ssl-',
  'shib-',
  'sm-',
  'iv-',
  'tailscale-',
  'remote-',
  'auth-',
  'oidc-',
  'x-oidc-',
  'x-known-user',
  'x-rest-user',
  'php-auth-',
  'cf-access-',
  'postern-',
  'x-postern-',
] as const;

/** Folded names of the same kind, not beginnings: `user-agent` and `x-groupware` are no identities. */
const IDENTITY_NAMES: ReadonlySet<string> = new Set([
  'auth',
  'authentication',
  'username',
  'user',
  'user-id',
  'user-name',
  'user-email',
  'user-mail',
  'x-email',
  'x-group',
  'x-groups',
  'x-role',
  'x-roles',
  'x-principal',
  'x-subject',
  'x-identity',
  'x-anonymous-consumer',
  // What mobile networks write into requests about the subscriber.
  'msisdn',
  'x-msisdn',
  'x-nokia-msisdn',
  'x-wap-network-client-msisdn',
  'x-up-calling-line-id',
]);

/**
 * Beginnings of folded names in which some origin somewhere believes a client address, a scheme, a host, a path
 * or a method, or is told to skip its own checks.
 */
const CONTROL_PREFIXES = [
  'forward',
  'x-forward',
  'x-original-',
  'x-originally-',
  'x-originating-',
  'x-orig-',
  'x-rewrite-',
  'x-envoy-',
  'x-middleware-',
  'x-nextjs-',
  'x-astro-',
  'x-invoke-',
  'x-vercel-',
  'x-true-',
  'true-client-',
  'x-waws-',
  'x-appengine-',
  'x-proxy-',
  'proxy-',
  'x-real-',
  'real-',
  'x-client-ip',
  'x-client-host',
  'x-cluster-client-',
  'x-http-',
  'http-', // CGI's own names: HTTP_HOST, HTTP_AUTHORIZATION, HTTP_SM_USER
  'x-method',
  'x-arr-',
  'x-host',
  'x-server-name',
  'x-server-port',
  'x-https',
  'https',
  'x-accel-',
  'x-sendfile-',
  'cf-connecting-',
] as const;

/** Folded names of the same kind, not beginnings. */
const CONTROL_NAMES: ReadonlySet<string> = new Set([
  'x-url-scheme',
  'x-scheme',
  'x-orchestra-scheme',
  'x-ssl',
  'x-nfsn-https',
  'x-ajax-real-method',
  'x-matched-path',
  'x-ning-request-uri',
  'x-request-uri',
  'x-cf-url',
  'x-ip',
  'x-ip-trail',
  'x-coming-from',
  'coming-from',
  'x-nokia-ipaddress',
  'client-address',
  'front-end-https',
  'scheme',
  'ssl',
  'base-url',
  'url',
  'uri',
  'path',
  'host-name',
  'unencoded-url',
  'orig-path-info',
  '-requesturi',
  '-requestverb',
  'real-method',
  'proxy', // "httpoxy": CGI turns it into HTTP_PROXY
  // CGI's variables about the request (RFC 3875 section 4.1) and those servers add to them.
  'gateway-interface',
  'context-path',
  'path-info',
  'path-translated',
  'query-string',
  'request-method',
  'request-uri',
  'script-name',
  'server-name',
  'server-port',
  'server-port-secure',
  'server-protocol',
]);

/** Parts of folded names that mean the client's address, host or scheme wherever they stand. */
const CONTROL_PARTS =
  /forwarded|method-override|real-ip|client-?ip|client-?addr|remote-?(?:addr|host|ip)/;

/** What a header's name says to some origin. */
export interface NameMeaning {
  readonly folded: string;
  /** It says who somebody is, which an origin has no business telling clients. */
  readonly isIdentity: boolean;
  /** An origin may believe it only when Postern set it. */
  readonly isUntrusted: boolean;
}

/** Enough for every name in common use; a client that makes names up fills no memory. */
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_LENGTH = 64;

/**
 * Tells the headers that may pass from those that may not, by folded name, so that `X_User_Id`, `X.User.Id`
 * and `x-user-id` are one name here as they are at the origin.
 *
 * Credentials of an application's own (`X-Api-Key`, `X-CSRF-Token`) are none of these: whoever sends one
 * has to know it, while the headers here are believed for merely being there.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;
  /** Clients send the same few names over and over. */
  readonly #known = new Map<string, NameMeaning>();

  /** @param ownNames headers Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldHeaderName));
  }

  meaningOf(name: string): NameMeaning {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const folded = foldHeaderName(name);
    const isIdentity = this.#ours.has(folded) || isIdentityName(folded);
    const meaning = { folded, isIdentity, isUntrusted: isIdentity || isControl(folded) };
    if (this.#known.size < MAX_KNOWN_NAMES && name.length <= MAX_KNOWN_LENGTH) {
      this.#known.set(name, meaning);
    }
    return meaning;
  }
}

function isIdentityName(folded: string): boolean {
  return (
    IDENTITY_NAMES.has(folded) || IDENTITY_PREFIXES.some((prefix) => folded.startsWith(prefix))
  );
}

function isControl(folded: string): boolean {
  return (
    CONTROL_NAMES.has(folded) ||
    CONTROL_PREFIXES.some((prefix) => folded.startsWith(prefix)) ||
    CONTROL_PARTS.test(folded)
  );
}

/** Facts from which the configuration of every proxy is written. No I/O, no clock. */
import type { Config } from '../../src/config/config.ts';
import { identityHeaderNames } from '../../src/config/identity-header-settings.ts';
import { ASSERTION_HEADER } from '../../src/forwarding/assertion-format.ts';
import { hostOf, SiteHosts } from '../../src/http/site-hosts.ts';
import { failed, type Result, success } from '../../src/runtime/result.ts';

export interface ProxiedSite {
  /** The host by which proxies reach the gate, over TLS. */
  readonly gateHost: string;
  /** Hosts the proxy serves, without their port. */
  readonly hosts: readonly string[];
  /** The port of all of them. */
  readonly port: number;
  /** Host and port of the site behind the proxy, reached without TLS. */
  readonly upstream: string;
  /** Every header with which Postern may identify a user. */
  readonly identityHeaders: readonly string[];
  /** Cookies that a pass may renew or clear. */
  readonly cookieNames: readonly string[];
}

/** Printed in place of a secret, so that no printed configuration contains one. */
export const SECRET_PLACEHOLDER = '…';

/**
 * Headers that no site gets. By them some sites take another method, path or client than the one that was judged: Rack,
 * Symfony, Laravel, Express' method-override and ASP.NET the method, Symfony, Zend and IIS the path, RFC 7239 the
 * client. `HTTP2-Settings` belongs to an upgrade to h2c (RFC 7540 section 3.2), a tunnel past the gate.
 */
export const REMOVED_HEADERS = [
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Original-URL',
  'X-Override-URL',
  'X-Rewrite-URL',
  'Forwarded',
  'HTTP2-Settings',
] as const;

/** Headers about the client of which the site gets the proxy's own or none. Traefik sees to it by itself. */
export const FORWARDING_HEADERS = [
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Proto',
  'X-Forwarded-Server',
  'X-Real-IP',
] as const;

/** The addresses of the gate and the site, from the command line. */
export interface Places {
  readonly gateHost: string;
  readonly upstream: string;
}

/** Reads the facts out of the configuration, or says why no proxy can be configured from it. */
export function readProxiedSite(
  { PUBLIC_URL, HOSTS, RULES, IDENTITY_HEADERS, SESSION_COOKIE_NAMES, TOKEN_COOKIE_NAMES }: Config,
  { gateHost, upstream }: Places,
): Result<ProxiedSite, string> {
  if (!PUBLIC_URL.startsWith('https://')) {
    return failed(`PUBLIC_URL: expected https, because session cookies are sent to the proxy.`);
  }
  const origins = new SiteHosts(PUBLIC_URL, HOSTS).origins;
  const parted = origins
    .map(hostOf)
    .filter((host) => host !== gateHost)
    .map(partPort);
  const ports = new Set(parted.map(({ port }) => port));
  const [port] = ports;
  if (port === undefined)
    return failed(
      '--gate: expected a host of its own; got the only host of PUBLIC_URL and HOSTS, so the proxy has no host. Add a host for the gate to HOSTS.',
    );
  if (ports.size > 1) {
    return failed(
      `PUBLIC_URL and HOSTS: expected one port for all hosts of the proxy; got ${[...ports].join(', ')}.`,
    );
  }
  return success({
    gateHost,
    hosts: parted.map(({ name }) => name),
    port,
    upstream,
    identityHeaders: [...identityHeaderNames(IDENTITY_HEADERS, RULES), ASSERTION_HEADER],
    cookieNames: [...SESSION_COOKIE_NAMES, ...TOKEN_COOKIE_NAMES],
  });
}

function partPort(host: string): { readonly name: string; readonly port: number } {
  const [, name = host, port = '443'] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name, port: Number(port) };
}

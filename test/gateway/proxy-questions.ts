import { DEFAULT_HOST, request } from '../support/raw-http.ts';

export const SECRET = 'a-secret-that-a-proxy-proves-itself-with';
export const KINDS = ['nginx', 'forward', 'envoy'] as const;
export type Kind = (typeof KINDS)[number];

/** The description of a request in the form of each proxy. */
export function told(kind: Kind, uri: string, { host = DEFAULT_HOST, method = 'GET' } = {}) {
  switch (kind) {
    case 'nginx':
      return {
        target: '/.postern/auth/nginx',
        headers: { 'X-Original-URL': `https://${host}${uri}`, 'X-Original-Method': method },
      };
    case 'forward':
      return {
        target: '/.postern/auth/forward',
        headers: {
          'X-Forwarded-Method': method,
          'X-Forwarded-Proto': 'https',
          'X-Forwarded-Host': host,
          'X-Forwarded-Uri': uri,
        },
      };
    case 'envoy':
      return { method, target: `/.postern/auth/envoy${uri}`, headers: { Host: host } };
  }
}

/** Asks the gate as a proxy would, proven by its secret. */
export function ask(
  port: number,
  kind: Kind,
  uri: string,
  headers: Record<string, string> = {},
  about: { host?: string; method?: string } = {},
) {
  const asked = told(kind, uri, about);
  return request(port, {
    ...asked,
    headers: { 'Postern-Proxy-Secret': SECRET, ...asked.headers, ...headers },
  });
}

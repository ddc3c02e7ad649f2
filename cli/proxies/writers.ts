import { caddyConfig } from './caddy.ts';
import { envoyConfig } from './envoy.ts';
import { nginxConfig } from './nginx.ts';
import type { ProxiedSite } from './proxied-site.ts';
import { traefikConfig } from './traefik.ts';

/** Writes the whole configuration of a proxy, by the proxy's name. */
export const WRITERS: ReadonlyMap<string, (site: ProxiedSite) => string> = new Map([
  ['nginx', nginxConfig],
  ['traefik', traefikConfig],
  ['caddy', caddyConfig],
  ['envoy', envoyConfig],
]);

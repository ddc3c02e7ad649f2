/**
 * Prints the whole configuration of another proxy that asks Postern for its verdicts (docs/forward-auth.md), with every
 * identity header of this configuration. Secrets are never printed: put one of FORWARD_AUTH_SECRETS in place of "…".
 *
 *   npm run proxy-config -- nginx|caddy|traefik|envoy [--gate gate.example.com] [--upstream 127.0.0.1:8080]
 *                           [--config path/to/wrangler.toml] [--env name]
 */
import { type Config, readConfig } from '../src/config/config.ts';
import { SiteHosts } from '../src/http/site-hosts.ts';
import { loadConditionLanguage } from '../src/rules/compile-condition.ts';
import { readCommandLine, refuseCall } from './command-line.ts';
import { readProxiedSite } from './proxies/proxied-site.ts';
import { WRITERS } from './proxies/writers.ts';
import { readWranglerEnvironment } from './wrangler/environment.ts';

const USAGE =
  'usage: npm run proxy-config -- nginx|caddy|traefik|envoy [--gate host] [--upstream host:port] [--config file] [--env name]';
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    gate: { type: 'string', default: 'gate.example.com' },
    upstream: { type: 'string', default: '127.0.0.1:8080' },
    config: { type: 'string', default: 'wrangler.toml' },
    env: { type: 'string' },
  },
});
const [proxy = '', ...more] = positionals;
const write = WRITERS.get(proxy);
if (write === undefined || more.length > 0) refuseCall(USAGE);
if (!HOST.test(values.gate)) {
  refuseCall(
    '--gate: expected a host name such as gate.example.com, in lower case, without a port.',
  );
}
if (!/^[^:]+:\d{1,5}$/.test(values.upstream) || !HOST.test(values.upstream.replace(/:\d+$/, ''))) {
  refuseCall('--upstream: expected host and port of the site, such as 127.0.0.1:8080.');
}

const wrangler = readWranglerEnvironment(values);
if (!wrangler.ok) refuseCall(...wrangler.failure);
await loadConditionLanguage();
const config = readConfig(wrangler.value.environment);
if (!config.ok) refuse(`${values.config} would not serve:\n${config.failure.join('\n')}`);
const site = readProxiedSite(config.value, { gateHost: values.gate, upstream: values.upstream });
if (!site.ok) refuse(site.failure);
// Envoy calls the gate with the Host of the request.
if (proxy !== 'envoy' && !isServed(config.value, values.gate)) {
  console.error(
    `warning  ${values.gate} is not in HOSTS, so the proxy would get 421 from the gate. Add it to HOSTS, or give another host with --gate.`,
  );
}
process.stdout.write(write(site.value));

function isServed({ PUBLIC_URL, HOSTS }: Config, name: string): boolean {
  const hosts = new SiteHosts(PUBLIC_URL, HOSTS);
  const host = hosts.read(name);
  return host !== undefined && hosts.originOf(host) !== undefined;
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readProxiedSite } from '../../cli/proxies/proxied-site.ts';
import { WRITERS } from '../../cli/proxies/writers.ts';
import { readConfig } from '../../src/config/config.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { inRepository } from '../support/repository.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

const PROXIES = [...WRITERS.keys()];
const PLACES = { gateHost: 'gate.example.com', upstream: '127.0.0.1:8080' };
const SHIPPED = readWranglerFile(inRepository('wrangler.toml')).environment;

/** The site as this repository's wrangler.toml has it with these settings over its own, or why there is none. */
function siteOf(settings: Readonly<Record<string, unknown>>, places = PLACES) {
  const config = readConfig({ ...SHIPPED, ...settings });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return readProxiedSite(config.value, places);
}

function printed(
  proxy: string,
  settings: Readonly<Record<string, unknown>> = {},
  places = PLACES,
): string {
  const site = siteOf(settings, places);
  if (!site.ok) throw new Error(site.failure);
  return WRITERS.get(proxy)?.(site.value) ?? '';
}

function run(...parameters: string[]) {
  const program = [inRepository('cli/proxy-config.ts'), ...parameters];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, {
    cwd: inRepository('.'),
    encoding: 'utf8',
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
  });
  return { status, stdout, stderr };
}

describe('proxy-config', () => {
  it.each(PROXIES)('F29: docs/forward-auth.md shows the printed configuration for %s', (proxy) => {
    const page = readPage('docs/forward-auth.md');
    const shown = ['nginx', 'yaml', 'caddyfile'].flatMap((language) => codeOf(page, language));
    expect(shown).toContain(printed(proxy));
  });

  it.each(PROXIES)('F29: %s clears and copies every identity header and the assertion', (proxy) => {
    const text = printed(proxy, { IDENTITY_PRESETS: ['kratos', 'remote-user'] }).toLowerCase();
    for (const name of [
      ...['x-user-id', 'x-user-email', 'x-session-assertion'],
      ...['x-kratos-authenticated-identity-id', 'x-kratos-session-id', 'x-kratos-session-aal'],
      ...['remote-user', 'remote-name', 'remote-email', 'remote-groups'],
    ]) {
      const variable = name.replaceAll('-', '_');
      const lines: Readonly<Record<string, readonly string[]>> = {
        nginx: [
          `auth_request_set $postern_${variable} $upstream_http_${variable};`,
          `proxy_set_header ${name} $postern_${variable};`,
        ],
        traefik: [`- ${name}`], // Traefik clears these headers, and then copies them
        caddy: [`request_header -${name}`],
        envoy: [`- remove: ${name}`, `- { exact: ${name} }`],
      };
      const all = text.split('\n').map((line) => line.trim());
      expect(all).toEqual(expect.arrayContaining([...(lines[proxy] ?? [])]));
      if (proxy === 'caddy') expect(text).toMatch(new RegExp(`copy_headers .*\\b${name}\\b`));
    }
  });

  it.each(PROXIES)('F29: %s gets a placeholder and never a secret', (proxy) => {
    const secret = 's3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t';
    const settings = { FORWARD_AUTH_SECRETS: [secret], KEY_SET_SECRET: secret };
    const text = printed(proxy, settings);
    expect(text).toBe(printed(proxy));
    expect(text).toMatch(/Postern-Proxy-Secret.*"…"/);
  });

  it('serves every host except the gate’s, at its own port, and calls gate and site at the given addresses', () => {
    const settings = {
      PUBLIC_URL: 'https://app.example.com:8443',
      HOSTS: ['auth.example.net', 'www.example.com:8443'],
    };
    const places = { gateHost: 'auth.example.net', upstream: 'site.internal:3000' };
    const expected: Readonly<Record<string, readonly string[]>> = {
      nginx: [
        'listen 8443 ssl http2;',
        'server_name app.example.com www.example.com;',
        'X-Original-URL $scheme://$host:8443$request_uri;',
      ],
      caddy: ['app.example.com:8443, www.example.com:8443 {'],
      traefik: ['address: ":8443"', 'rule: Host(`app.example.com`) || Host(`www.example.com`)'],
      envoy: ['domains: ["app.example.com:8443", "www.example.com:8443"]', 'port_value: 8443'],
    };
    for (const proxy of PROXIES) {
      const text = printed(proxy, settings, places);
      for (const part of expected[proxy] ?? []) expect(text).toContain(part);
      expect(text).toMatch(/site\.internal(?::|, port_value: )3000/);
      expect(text).not.toContain('gate.example.com');
    }
  });

  it('reports why it cannot write a configuration', () => {
    const http = siteOf({ PUBLIC_URL: 'http://localhost:8787' });
    expect(http).toMatchObject({ ok: false, failure: expect.stringContaining('expected https') });
    const ports = siteOf({ HOSTS: ['www.example.com:8443'] });
    expect(ports).toMatchObject({ ok: false, failure: expect.stringContaining('443, 8443') });
    const same = siteOf({}, { ...PLACES, gateHost: 'app.example.com' });
    expect(same).toMatchObject({ ok: false, failure: expect.stringContaining('--gate') });
  });

  it('prints only the configuration to stdout, and warns of a gate that is not in HOSTS', () => {
    const { status, stdout, stderr } = run('nginx');
    expect([status, stdout]).toEqual([0, printed('nginx')]);
    expect(stderr).toContain('gate.example.com is not in HOSTS');
  });

  it.each([
    ['usage:', ['apache']],
    ['--gate: expected', ['nginx', '--gate', 'gate.example.com;evil']],
    ['--upstream: expected', ['nginx', '--upstream', 'http://site']],
  ])('refuses a wrong call: %s', (wrong, parameters) => {
    const { status, stdout, stderr } = run(...parameters);
    expect([status, stdout, stderr.includes(wrong)]).toEqual([2, '', true]);
  });
});

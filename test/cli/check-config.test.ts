import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { ownWranglerToml } from '../support/wrangler-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-check-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function checkConfig(...parameters: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository('cli/check-config.ts'), ...parameters],
    { cwd: inRepository('.'), encoding: 'utf8' },
  );
  return { status, output: `${stdout}${stderr}` };
}

/** Checks this text in place of `wrangler.toml`. */
function checkText(text: string): { status: number | null; output: string } {
  const path = join(folder, 'wrangler.toml');
  writeFileSync(path, text);
  return checkConfig('--config', path);
}

const broken = join(folder, 'broken.toml');
writeFileSync(broken, 'name = "x"\nmain = [\n');
const environments = join(folder, 'environments.toml');
writeFileSync(environments, 'name = "x"\n[env.staging.vars]\n[env.production.vars]\n');
/** The shipped `wrangler.toml` with hosts of an own site. */
const shipped = ownWranglerToml();

/** The shipped `wrangler.toml` with these lines first among its variables. */
const withVars = (lines: readonly string[]) =>
  shipped.replace('[vars]', () => ['[vars]', ...lines].join('\n'));

describe('check-config', () => {
  it('reports only the example hosts in the wrangler.toml of this repository', () => {
    const { status, output } = checkConfig();
    const lines = output.trim().split('\n');
    expect([status, lines.slice(0, 3)]).toEqual([
      1,
      ['PUBLIC_URL', 'KRATOS_PUBLIC_URL', 'ORIGIN_URL'].map((name) =>
        expect.stringMatching(`^error    wrangler\\.toml:\\d+:\\d+: ${name}: .*example\\.com`),
      ),
    ]);
    expect(lines.slice(3)).toEqual(['', 'wrangler.toml is not ready: 3 errors.']);
  });

  it('reports nothing for that file with the hosts of an own site', () => {
    const { status, output } = checkText(shipped);
    expect([status, output.trim()]).toEqual([
      0,
      `${join(folder, 'wrangler.toml')}: every setting is good.`,
    ]);
  });

  it('takes the HTML of a template, and a name that is a usual placeholder, for what they are', () => {
    const { status, output } = checkText(
      withVars([
        'SITE_NAME = "Todo"',
        'PAGE_TEMPLATE = """<title>{{title}}</title><style>{{style}}</style>{{content}}"""',
      ]),
    );
    expect([status, output]).toEqual([0, expect.stringContaining('every setting is good')]);
  });

  it.each([
    ['is not there', ['--config', 'no-such.toml'], /^no-such\.toml: there is no such file/],
    ['is not TOML', ['--config', broken], /^\S*broken\.toml:\d+:\d+: /],
    [
      'has no environments',
      ['--env', 'produktion'],
      /^wrangler\.toml: there is no \[env\.produktion\]/,
    ],
    [
      'has no such environment',
      ['--config', environments, '--env', 'produktion'],
      /there is no \[env\.produktion\][\s\S]*"staging", "production"\. Did you mean "production"\?/,
    ],
    ['is a folder', ['--config', 'cli'], /^cli: there is no such file/],
    [
      'has another ending',
      ['--config', 'README.md'],
      /^README\.md: wrangler reads no file of this name/,
    ],
  ])('reports in three lines that the file %s', (_, parameters, expected) => {
    const { status, output } = checkConfig(...parameters);
    expect([status, output]).toEqual([2, expect.stringMatching(expected)]);
    expect(output.trim().split('\n')).toHaveLength(3);
  });

  it('takes the environment that wrangler takes from CLOUDFLARE_ENV', () => {
    vi.stubEnv('CLOUDFLARE_ENV', 'production');
    const { status, output } = checkConfig('--config', environments);
    vi.unstubAllEnvs();
    expect([status, output]).toEqual([1, expect.stringContaining('environments.toml:3:')]);
  });

  it('starts in less than a second of CPU time', () => {
    const code = `process.argv[1] = ${JSON.stringify(inRepository('cli/check-config.ts'))};
      process.on('exit', () => console.log('cpu', process.cpuUsage().user + process.cpuUsage().system));
      await import(process.argv[1]);`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: inRepository('.'),
      encoding: 'utf8',
    });
    const [, microseconds = ''] = /cpu (\d+)/.exec(stdout) ?? [];
    expect(Number(microseconds)).toBeGreaterThan(10_000);
    expect(Number(microseconds)).toBeLessThan(1_000_000);
  });

  it('warns of a secret that is a variable, without repeating it', () => {
    const vars = `[vars]\nFORWARD_AUTH_SECRETS = ["s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t"]`;
    const { status, output } = checkText(shipped.replace('[vars]', () => vars));
    expect([status, output]).toEqual([
      0,
      expect.stringContaining('FORWARD_AUTH_SECRETS is a variable'),
    ]);
    expect(output).not.toContain('s3cr3t');
  });

  it('O12: warns if the origin receives requests at another address than the settings suggest', () => {
    const same = shipped.replace(
      'ORIGIN_URL = "https://origin.site.test"',
      'ORIGIN_URL = "https://app.site.test"',
    );
    const routes = (more: string) => `routes = [{ pattern = "app.site.test${more} }]\n${same}`;
    const onRoute = checkText(routes('/*", zone_name = "site.test"'));
    expect([onRoute.status, onRoute.output]).toEqual([0, expect.not.stringContaining('warning')]);
    const bound = '[[services]]\nbinding = "ORIGIN"\nservice = "site"\n';
    const both = checkText(shipped.replace('[vars]', () => `${bound}[vars]`));
    expect([both.status, both.output]).toEqual([
      0,
      expect.stringMatching(/warning.*ORIGIN_URL.*binding ORIGIN/),
    ]);
    for (const text of [
      routes('", custom_domain = true'),
      `compatibility_flags = ["global_fetch_strictly_public"]\n${same}`,
    ]) {
      const { status, output } = checkText(text);
      expect([status, output]).toEqual([1, expect.stringMatching(/error.*ORIGIN_URL.*508/)]);
    }
    const unrouted = checkText(same);
    expect([unrouted.status, unrouted.output]).toEqual([
      0,
      expect.stringMatching(/warning.*ORIGIN_URL.*has no route for app\.site\.test/),
    ]);
  }, 120_000);

  it('names every wrong setting with its line and value, exits with 1, and prints no secret', () => {
    const { status, output } = checkText(`
name = "gate"
main = "worker.js"
compatibility_date = "2026-10-20"
workers_dev = false
preview_urls = false
[vars]
PUBLIC_URL = "http://app.site.test/a"
ADMIN_SECRETS = ["s3cr3t"]
ADMIN_SECRT = "s3cr3t"
KRATOS_BROWSER_URL = "https://user:s3cr3t@auth.site.test"
FRESH_SECOND = 5
FRESH_SECONDS = 0
[[vars.RULES]]
path = "/public/(.*)"
session = "nobody"
`);
    expect(status).toBe(1);
    const errors = output.split('\n').filter((line) => line.startsWith('error'));
    const found = errors.map((line) =>
      /wrangler\.toml:(\d*)[:\d]* (\S+?):? /.exec(line)?.slice(1, 3),
    );
    expect(found.sort()).toEqual(
      [
        ['8', 'PUBLIC_URL'],
        ['9', 'ADMIN_SECRETS.0'],
        ['11', 'KRATOS_BROWSER_URL'],
        ['12', 'FRESH_SECOND'],
        ['13', 'FRESH_SECONDS'],
        ['15', 'RULES.0.path'],
        ['16', 'RULES.0.session'],
        ['7', 'KRATOS_PUBLIC_URL'],
        ['7', 'REVOCATIONS'],
      ].sort(),
    );
    expect(output).toContain('got "http://app.site.test/a".');
    expect(output).toContain('got "nobody".');
    expect(output).toContain('Did you mean "FRESH_SECONDS"?');
    expect(output).toMatch(/warning .*ADMIN_SECRT: .*Did you mean "ADMIN_SECRETS"/);
    expect(output).not.toContain('s3cr3t');
    expect(output).not.toContain('every setting is good');
  });

  it('J34: warns of tokens that may name their person by an external id alone', () => {
    const issuer = {
      issuer: 'https://auth.site.test/',
      preset: 'kratos',
      audience: 'postern',
      algorithms: ['ES256'],
      jwks_url: 'https://auth.site.test/jwks.json',
    };
    const withIssuer = (more: object) =>
      shipped.replace(
        '[vars]',
        () => `[vars]\nISSUERS = '${JSON.stringify([{ ...issuer, ...more }])}'`,
      );
    const { status, output } = checkText(withIssuer({}));
    expect([status, output]).toEqual([
      0,
      expect.stringMatching(/warning .*ISSUERS\.0 .*external_id/),
    ]);
    expect(checkText(withIssuer({ required_claims: ['session'] })).output).not.toContain('warning');
  });

  it('says that several issuers count, and by which header the origin tells them apart', () => {
    const zone = {
      issuer: 'https://zone-1.keycard.cloud',
      preset: 'keycard',
      audience: 'postern',
      algorithms: ['RS256'],
      discovery: true,
    };
    const withIssuers = (issuers: object[], headers = '') =>
      checkText(
        shipped
          .replace('[vars]', `[vars]\nISSUERS = '${JSON.stringify(issuers)}'`)
          .replace('[vars.IDENTITY_HEADERS]', `[vars.IDENTITY_HEADERS]\n${headers}`),
      );
    expect(withIssuers([]).output).not.toContain('note');
    const { status, output } = withIssuers([zone]);
    expect(status).toBe(0);
    expect(output).toMatch(/note .*2 issuers .*https:\/\/zone-1\.keycard\.cloud.*X-Session-Issuer/);
    const named = withIssuers([zone], 'X-Idp = "issuer"').output;
    expect(named).toMatch(/note .*X-Idp and the id together/);
    expect(named).not.toContain('X-Session-Issuer');
  });

  it('names the hosts on which an issuer’s tokens are refused', () => {
    const zone = {
      issuer: 'https://zone-1.keycard.cloud',
      preset: 'keycard',
      algorithms: ['RS256'],
      discovery: true,
    };
    const noted = (issuer: object) => {
      const vars = `HOSTS = ["b.site.test"]\nISSUERS = '${JSON.stringify([{ ...zone, ...issuer }])}'`;
      const { output } = checkText(shipped.replace('[vars]', `[vars]\n${vars}`));
      return output.split('\n').filter((line) => line.startsWith('note') && line.includes('good'));
    };
    expect(noted({ audience: 'https://b.site.test/mcp' })).toEqual([
      expect.stringMatching(/ISSUERS\.0 are good on b\.site\.test, and refused on \S+: /),
    ]);
    expect(noted({ audience: ['https://b.site.test', 'postern'] })).toEqual([]);
    expect(noted({ audience: 'https://b.site.test', hosts: ['b.site.test'] })).toEqual([]);
  });

  it('J35: names the issuers whose tokens no webhook or event reaches by the id, and the setting to change', () => {
    const issuer = {
      issuer: 'https://auth.site.test/',
      preset: 'kratos',
      audience: 'postern',
      algorithms: ['ES256'],
      jwks_url: 'https://auth.site.test/jwks.json',
    };
    const withAdmin = (more: string) =>
      shipped.replace('[vars]', () => `[vars]\nISSUERS = '${JSON.stringify([issuer])}'\n${more}`);
    expect(checkText(withAdmin('')).output).toMatch(
      /names a person only by the identity's id.*Set KRATOS_ADMIN_URL; name the external id too/,
    );
    const { output } = checkText(withAdmin('KRATOS_ADMIN_URL = "http://127.0.0.1:4434"'));
    expect(output).toMatch(
      /names an identity that Kratos no longer has only by .*later\. Name the ext/,
    );
    expect(output).not.toContain('Set KRATOS_ADMIN_URL');
  });

  const keycardZones = 'KEYCARD_ZONES = ["zone-1"]';
  const adminSecrets = 'ADMIN_SECRETS = ["correct-horse-battery-staple-0123456789"]';
  const webhookKeys = 'WEBHOOK_API_KEYS = ["correct-horse-battery-staple-0123456789"]';
  const off = 'REVOCATION = "off"';
  it.each([
    ['SIGN_IN_ENDS_SESSIONS', [off, 'SIGN_IN_ENDS_SESSIONS = true', 'SELF_SERVICE = true'], 'log'],
    ['SIGN_IN_ENDS_SESSIONS', ['SIGN_IN_ENDS_SESSIONS = true'], 'SELF_SERVICE'],
    ['KEYCARD_ZONES', [keycardZones], 'KEYCARD_API_URL'],
    [
      'RESOURCE_DOCUMENTATION_URL',
      ['RESOURCE_DOCUMENTATION_URL = "https://docs.site.test"'],
      'Keycard zone',
    ],
    ['ADMIN_SECRETS', [adminSecrets], 'KRATOS_ADMIN_URL or KEYCARD_API_URL'],
    ['WEBHOOK_API_KEYS', [off, webhookKeys], '404'],
  ])('O23: warns that %s has no effect in %j', (name, settings, missing) => {
    const { status, output } = checkText(withVars(settings));
    const warnings = output
      .split('\n')
      .filter((line) => line.startsWith('warning') && line.includes(`: ${name} `));
    const idle = warnings.filter((line) => !line.includes('Set it as a secret'));
    expect([status, idle]).toEqual([0, [expect.stringContaining(missing)]]);
    expect(idle[0]).toMatch(new RegExp(`(?:remove ${name}|send the webhook from Kratos)\\.$`));
  });

  it.each([
    [['SIGN_IN_ENDS_SESSIONS = true', 'SELF_SERVICE = true']],
    [[keycardZones, 'KEYCARD_API_URL = "https://api.keycard.ai"', adminSecrets]],
    [[adminSecrets, 'KRATOS_ADMIN_URL = "http://127.0.0.1:4434"']],
    [[webhookKeys]],
  ])('O23: reports no warning for %j', (settings) => {
    const { status, output } = checkText(withVars(settings));
    const warnings = output.split('\n').filter((line) => line.startsWith('warning'));
    expect([status, warnings.filter((line) => !line.includes('Set it as a secret'))]).toEqual([
      0,
      [],
    ]);
  });

  it('O5: warns of legal settings that leave a way around the gate', () => {
    const open = shipped
      .replace('workers_dev = false', 'workers_dev = true')
      .replace('preview_urls = false', 'preview_urls = true')
      .replace(/\[\[kv_namespaces\]\]\nbinding = "SESSIONS"/, '')
      .replace(/ORIGIN_URL = .*/, '');
    const { status, output } = checkText(open);
    expect(status).toBe(0);
    for (const part of ['workers_dev', 'preview_urls', 'SESSIONS', 'ORIGIN_URL'])
      expect(output).toMatch(new RegExp(`warning .*${part}`));
  });

  it('H25: warns of each forwarded header that a product trusts, and names the product', () => {
    const names = '["X-WEBAUTH-USER", "X-Hasura-Role", "X-Auth-Token", "X-Api-Key"]';
    const own = shipped.replace('[vars]', () => `[vars]\nFORWARDED_HEADERS = ${names}`);
    const rule = 'path = "/k8s/*"\nsession = "required"\nforwarded_headers = ["Impersonate-User"]';
    const { status, output } = checkText(`${own}\n[[vars.RULES]]\n${rule}\n`);
    expect([status, output]).toEqual([0, expect.any(String)]);
    const warnings = output.split('\n').filter((line) => line.startsWith('warning'));
    expect(warnings.filter((line) => line.includes('lets'))).toEqual([
      expect.stringMatching(/FORWARDED_HEADERS lets x-webauth-user through\. .*Grafana/),
      expect.stringMatching(/FORWARDED_HEADERS lets x-hasura-role through\. .*Hasura/),
      expect.stringMatching(
        /RULES\.1\.forwarded_headers \("\/k8s\/\*"\) lets impersonate-user.*Kubernetes/,
      ),
    ]);
  });
});

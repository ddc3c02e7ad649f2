import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { checkFile } from '../support/check-file.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { Vars } from '../support/gate-options.ts';
import { header, request } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

await loadConditionLanguage();

const IDENTITY = '11111111-1111-4111-8111-111111111111';
const FIXTURES = 'test/cli/move-in';
const folder = mkdtempSync(join(tmpdir(), 'postern-move-in-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `npm run move-in`, and returns the file that it prints. */
function moveIn(...command: readonly string[]): { readonly path: string; readonly text: string } {
  const program = inRepository('cli/move-in.ts');
  const text = execFileSync(process.execPath, [program, ...command], {
    cwd: inRepository('.'),
    encoding: 'utf8',
  });
  const path = join(folder, `${command.join('-').replaceAll(/\W+/g, '-').slice(0, 60)}.toml`);
  writeFileSync(path, text);
  return { path, text };
}

/** Settings of the printed file, at the addresses of the test's gate. */
function settingsOf(path: string): Vars {
  const { RULES, IDENTITY_HEADERS } = readWranglerFile(path).environment;
  return { RULES, IDENTITY_HEADERS } as Vars; // TOML has no other values
}

/** Whether a request reaches the origin: for anonymous requests and for signed-in ones. */
type Expected = readonly [anonymous: 'passes' | 'stopped', signedIn: 'passes' | 'stopped'];

const OATHKEEPER = moveIn('oathkeeper', `${FIXTURES}/oathkeeper-rules.json`);
const QUICKSTART = moveIn(
  ...['oathkeeper', `${FIXTURES}/oathkeeper-quickstart.json`, '--strategy', 'glob'],
  ...['--kratos', 'https://auth.site.test', '--origin', 'https://backend.site.test'],
);
const PROXY = moveIn(
  ...['oauth2-proxy', `${FIXTURES}/oauth2-proxy.cfg`, '--kratos', 'https://auth.site.test'],
);

describe.each([
  ['Oathkeeper', OATHKEEPER],
  ['the glob patterns of Oathkeeper', QUICKSTART],
  ['oauth2-proxy', PROXY],
] as const)('a wrangler.toml for %s', (_, { path, text }) => {
  it('passes check-config', () => {
    expect(checkFile(path).filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('has no secret of the neighbour', () => {
    expect(text).not.toMatch(/must-not-be-copied/);
  });
});

describe('the gate of a site that moved from Oathkeeper', async () => {
  const gate = await gateForAllTests({ vars: settingsOf(OATHKEEPER.path) });
  const { cookie } = await gate.kratos.createSession();

  /**
   * The decisions that https://www.ory.com/docs/oathkeeper/pipeline/authn and …/authz document: `noop` and `anonymous`
   * let everyone pass, `cookie_session` needs a session, `deny` lets nobody pass, and a request without an access rule
   * is answered with 404. The authorizer of /staff/ cannot be asked, so nobody passes.
   */
  it.each<readonly [string, string, ...Expected]>([
    ['GET', '/', 'passes', 'passes'],
    ['POST', '/', 'stopped', 'stopped'],
    ['GET', '/public/logo.svg', 'passes', 'passes'],
    ['GET', '/public/a/b', 'passes', 'passes'],
    ['POST', '/public/a', 'stopped', 'stopped'],
    ['GET', '/public', 'stopped', 'stopped'],
    ['GET', '/publicity', 'stopped', 'stopped'],
    ['GET', '/health', 'passes', 'passes'],
    ['GET', '/health/deep', 'passes', 'passes'],
    ['GET', '/health/other', 'stopped', 'stopped'],
    ['GET', '/blog/first', 'passes', 'passes'],
    ['GET', '/blog/first/comments', 'stopped', 'stopped'],
    ['GET', '/orders/7/lines', 'stopped', 'passes'],
    ['POST', '/orders/7/receipt', 'stopped', 'passes'],
    ['GET', '/orders/7/other', 'stopped', 'stopped'],
    ['DELETE', '/orders/7/lines', 'stopped', 'stopped'],
    ['GET', '/staff/list', 'stopped', 'stopped'],
    ['GET', '/internal/x', 'stopped', 'stopped'],
    ['GET', '/unknown', 'stopped', 'stopped'],
  ])('%s %s: anonymous %s, signed in %s', async (method, target, anonymous, signedIn) => {
    expect(await decisions(gate, { method, target, cookie })).toEqual([anonymous, signedIn]);
  });

  it('keeps a path closed whose pattern would open more', async () => {
    expect(OATHKEEPER.text).toContain('# path = "/downloads/:part2"');
    const closed = { method: 'GET', target: '/downloads/12', cookie };
    expect(await decisions(gate, closed)).toEqual(['stopped', 'stopped']);
  });

  it('sends the headers of the mutator', async () => {
    const { text } = await request(gate.port, {
      target: '/blog/first',
      headers: { Cookie: cookie, Accept: 'application/json' },
    });
    expect(text).toContain('"x-user"');
    expect(text).toContain('"x-email","demo@example.com"');
  });

  it('names everything that does not map', () => {
    for (const text of ['X-Greeting', '"id_token"', '"remote_json"', 'another service'])
      expect(OATHKEEPER.text).toContain(text);
  });
});

describe('the gate of a site that moved from the quickstart of Kratos and Oathkeeper', async () => {
  const gate = await gateForAllTests({ vars: settingsOf(QUICKSTART.path) });
  const { cookie } = await gate.kratos.createSession();

  it.each<readonly [string, string, ...Expected]>([
    ['GET', '/login', 'passes', 'passes'],
    ['GET', '/', 'passes', 'passes'],
    ['GET', '/health/ready', 'passes', 'passes'],
    ['GET', '/health/other', 'stopped', 'stopped'],
    ['GET', '/settings', 'stopped', 'passes'],
    ['GET', '/.ory/kratos/public/a/b', 'passes', 'passes'],
    ['GET', '/theme.css', 'stopped', 'stopped'], // no pattern of RULES ends in .css: the file says so
  ])('%s %s: anonymous %s, signed in %s', async (method, target, anonymous, signedIn) => {
    expect(await decisions(gate, { method, target, cookie })).toEqual([anonymous, signedIn]);
  });
});

describe('the gate of a site that moved from oauth2-proxy', async () => {
  const gate = await gateForAllTests({ vars: settingsOf(PROXY.path) });
  const { cookie } = await gate.kratos.createSession({
    identityId: IDENTITY,
    traits: { email: 'ada@site.test' },
  });
  await fetch(`${gate.kratos.url}/.standin/identities/${IDENTITY}`, {
    method: 'PATCH',
    body: JSON.stringify({ verified: true }),
  });
  const other = await gate.kratos.createSession({ traits: { email: 'eve@elsewhere.test' } });

  /**
   * The decisions that https://oauth2-proxy.github.io/oauth2-proxy/behaviour documents: a skipped route needs no
   * session, OPTIONS needs none with skip_auth_preflight, and every other request needs a session of an allowed domain.
   */
  it.each<readonly [string, string, ...Expected]>([
    ['GET', '/status', 'passes', 'passes'],
    ['POST', '/status', 'stopped', 'passes'],
    ['GET', '/status-page', 'stopped', 'passes'],
    ['GET', '/public/x', 'passes', 'passes'],
    ['DELETE', '/public/x', 'passes', 'passes'],
    ['GET', '/publicity', 'stopped', 'passes'],
    ['POST', '/hooks/github', 'passes', 'passes'],
    ['GET', '/hooks/github', 'stopped', 'passes'],
    ['GET', '/assets', 'passes', 'passes'],
    ['GET', '/assets/app.js', 'passes', 'passes'],
    ['OPTIONS', '/api/items', 'passes', 'passes'],
    ['GET', '/api/items', 'stopped', 'passes'],
    ['GET', '/', 'stopped', 'passes'],
  ])('%s %s: anonymous %s, signed in %s', async (method, target, anonymous, signedIn) => {
    expect(await decisions(gate, { method, target, cookie })).toEqual([anonymous, signedIn]);
  });

  it('stops a session of another domain, and an address that is not verified', async () => {
    const stopped = { method: 'GET', target: '/', cookie: other.cookie };
    expect(await decisions(gate, stopped)).toEqual(['stopped', 'stopped']);
  });

  it('answers a program under an api_route with 401, and sends a browser to sign in elsewhere', async () => {
    const program = await request(gate.port, { target: '/api/items' });
    expect(program.status).toBe(401);
    const browser = await request(gate.port, { target: '/', headers: { Accept: 'text/html' } });
    expect(header(browser, 'location')).toContain('return_to=');
  });

  it('sends the headers of pass_user_headers and set_xauthrequest', async () => {
    const { text } = await request(gate.port, {
      target: '/page',
      headers: { Cookie: cookie, Accept: 'application/json' },
    });
    expect(text).toContain('"x-forwarded-email","ada@site.test"');
    expect(text).toContain('"x-auth-request-email","ada@site.test"');
  });
});

/** Whether a request reaches the origin, without a session and with one. */
async function decisions(
  gate: { readonly port: number },
  { method, target, cookie }: { method: string; target: string; cookie: string },
): Promise<string[]> {
  const statuses = await Promise.all(
    [{}, { Cookie: cookie }].map(async (headers) => {
      const answer = await request(gate.port, { method, target, headers });
      const isFromGate = header(answer, 'postern-reason') !== undefined;
      return isFromGate ? 'stopped' : answer.status === 200 ? 'passes' : `${answer.status}`;
    }),
  );
  return statuses;
}

describe('options of oauth2-proxy', () => {
  it('come from flags before the environment, and from the environment before the file', () => {
    const environment = join(folder, 'proxy.env');
    writeFileSync(environment, 'OAUTH2_PROXY_SKIP_AUTH_ROUTES="GET=^/env$,POST=^/env$"\n');
    const command = ['oauth2-proxy', `${FIXTURES}/oauth2-proxy.cfg`, '--env-file', environment];
    const fromEnvironment = moveIn(...command).text;
    expect(fromEnvironment).toContain('path = "/env"');
    expect(fromEnvironment).not.toContain('path = "/status"');
    const fromFlags = moveIn(...command, '--', '--skip-auth-route=^/flag$').text;
    expect(fromFlags).toContain('path = "/flag"');
    expect(fromFlags).not.toContain('path = "/env"');
  });

  it('with a negated route close its paths and open the others', () => {
    const { text } = moveIn(
      ...['oauth2-proxy', `${FIXTURES}/oauth2-proxy.cfg`],
      ...['--', '--skip-auth-route=!=^/private/'],
    );
    const rules = text.slice(text.indexOf('opens every path but these'));
    expect(rules).toMatch(
      /path = "\/private\/\*"\nsession = "required"[\s\S]*path = "\/\*"\nsession = "optional"/,
    );
  });
});

/** A copy of the repository in which commands may write files. */
function copyOfRepository(): string {
  const copy = mkdtempSync(join(folder, 'copy-'));
  for (const name of ['cli', 'src', 'package.json', 'wrangler.toml']) {
    cpSync(inRepository(name), join(copy, name), { recursive: true });
  }
  symlinkSync(inRepository('node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Runs lines of a shell, which stops at the first that fails. */
function runLines(lines: string, cwd: string) {
  return spawnSync('/bin/sh', ['-ec', lines], { cwd, encoding: 'utf8' });
}

describe('npm run move-in', () => {
  it.each([
    ['docs/moving-in/oathkeeper.md', 'oathkeeper-rules.json', 'rules.json'],
    ['docs/moving-in/oauth2-proxy.md', 'oauth2-proxy.cfg', 'oauth2-proxy.cfg'],
  ])('writes a whole wrangler.toml by the lines of %s', (page, fixture, name) => {
    const copy = copyOfRepository();
    const before = readFileSync(join(copy, 'wrangler.toml'), 'utf8');
    copyFileSync(inRepository(`${FIXTURES}/${fixture}`), join(copy, name));
    const [lines = ''] = codeOf(readPage(page), 'sh');
    // check-config refuses the hosts of examples.
    const { status, stderr } = runLines(lines.replaceAll('example.com', 'site.test'), copy);
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('error')]);
    const after = readFileSync(join(copy, 'wrangler.toml'), 'utf8');
    expect(after.startsWith(before.slice(0, before.indexOf('[vars]')))).toBe(true);
    expect(after).not.toBe(before);
  });

  it('refuses a wrangler.toml that the shell emptied', () => {
    const copy = copyOfRepository();
    const rules = inRepository(`${FIXTURES}/oathkeeper-rules.json`);
    const lines = `node cli/move-in.ts oathkeeper '${rules}' > wrangler.toml`;
    const { status, stderr } = runLines(lines, copy);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/wrangler\.toml has no \[vars\]/)]);
  });

  it.each([
    [['oathkeeper', 'missing.json'], /missing\.json cannot be read/],
    [['oathkeeper', `${FIXTURES}/oauth2-proxy.cfg`], /expected JSON/],
    [['oathkeeper', 'package.json'], /not a list of access rules/],
    [['oauth2-proxy', 'package.json'], /the configuration file, line 1/],
    [['pomerium', 'x'], /usage/],
    [[], /usage/],
  ])('refuses %j', (command, message) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [inRepository('cli/move-in.ts'), ...command],
      { cwd: inRepository('.'), encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

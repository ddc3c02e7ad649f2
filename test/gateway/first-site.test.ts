/** The sites and files of docs/first-site.md and docs/local-work.md. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { readConfig } from '../../src/config/config.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { checkFile } from '../support/check-file.ts';
import { freePort } from '../support/free-port.ts';
import type { Vars } from '../support/gate-options.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import { startGate } from '../support/start-gate.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

await Promise.all([loadConditionLanguage(), loadSignIn()]);

const FOLDER = inRepository('docs/first-site');
const folder = mkdtempSync(inRepository('dist/first-site-'));
afterAll(() => rmSync(folder, { recursive: true }));

const textOf = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

/** The wrangler.toml of a reader: the repository's part above `[vars]`, and the lines of the page, with own hosts. */
function fileOf(settings: string): string {
  const shipped = readFileSync(inRepository('wrangler.toml'), 'utf8');
  const head = shipped.slice(0, shipped.indexOf('[vars]\n'));
  const lines = textOf(settings)
    .replaceAll('example.com', 'site.test')
    .replace('directory = "', `directory = "${inRepository('.')}/`);
  const path = join(folder, `${settings.replaceAll('/', '-')}`);
  writeFileSync(path, `${head}${lines}`.replaceAll('"dist/', '"../'));
  return path;
}

function varsOf(settings: string): Vars {
  const { RULES, IDENTITY_HEADERS } = readWranglerFile(fileOf(settings)).environment;
  return { RULES, IDENTITY_HEADERS } as Vars; // TOML has no other values
}

const errorsOf = (path: string, env = '') =>
  checkFile(path, env).filter((line) => line.startsWith('error'));

describe('docs/first-site.md', () => {
  it.each(['static', 'node', 'worker', 'pages'])(
    'shows %s/settings.toml, which is ready',
    (name) => {
      expect(codeOf(readPage('docs/first-site.md'), 'toml')).toContain(
        textOf(`${name}/settings.toml`),
      );
      expect(errorsOf(fileOf(`${name}/settings.toml`))).toEqual([]);
    },
  );

  it('gates files', async () => {
    const directory = join(FOLDER, 'static/files');
    await using gate = await startGate({
      bindings: { ORIGIN: { type: 'assets' } },
      assets: {
        directory,
        hasUserWorker: true,
        runWorkerFirst: true,
        htmlHandling: 'auto-trailing-slash',
      },
      vars: varsOf('static/settings.toml'),
    });
    const { cookie } = await gate.kratos.createSession();
    const seen = await Promise.all(
      ['/', '/handbook', '/assets/site.css', '/robots.txt'].map(async (path) => [
        path,
        (await get(gate.port, path)).status,
        (await get(gate.port, path, { Cookie: cookie })).status,
      ]),
    );
    expect(seen).toEqual([
      ['/', 401, 200],
      ['/handbook', 401, 200],
      ['/assets/site.css', 200, 200],
      ['/robots.txt', 200, 200],
    ]);
    expect((await get(gate.port, '/', { Cookie: cookie })).text).toContain('<h1>Members</h1>');
    expect(readdirSync(directory)).toContain('handbook.html');
  });

  it('gates a server in Node, which greets the user', async () => {
    const port = await freePort();
    const server = spawn(process.execPath, [join(FOLDER, 'node/server.mjs')], {
      env: { ...process.env, PORT: String(port) },
    });
    try {
      const url = `http://127.0.0.1:${port}`;
      while (!(await fetch(`${url}/healthz`).catch(() => undefined))?.ok) await sleep(50);
      await using gate = await startGate({
        origin: { url },
        vars: varsOf('node/settings.toml'),
      });
      const { cookie, session } = await gate.kratos.createSession();
      expect((await get(gate.port, '/')).status).toBe(401);
      expect((await get(gate.port, '/healthz')).text).toBe('ok');
      expect((await get(gate.port, '/', { Cookie: cookie, 'X-User-Id': 'forged' })).text).toBe(
        `Hello demo@example.com, your id is ${session.identity.id}\n`,
      );
    } finally {
      server.kill();
      await once(server, 'exit');
    }
  });

  it('gates a Worker by a service binding', async () => {
    await using gate = await startGate({
      originScript: textOf('worker/site.js'),
      vars: varsOf('worker/settings.toml'),
    });
    const { cookie, session } = await gate.kratos.createSession();
    expect((await get(gate.port, '/a')).status).toBe(401);
    expect((await get(gate.port, '/a', { Cookie: cookie })).text).toBe(
      `/a for ${session.identity.id}\n`,
    );
    expect(readWranglerFile(join(FOLDER, 'worker/site.wrangler.toml')).fields).toMatchObject({
      workers_dev: false,
      preview_urls: false,
    });
  });

  it('gates a Pages project, which refuses requests that come around the gate', async () => {
    const outfile = join(folder, 'middleware.mjs');
    await build({
      entryPoints: [join(FOLDER, 'pages/_middleware.js')],
      outfile,
      bundle: true,
      format: 'esm',
      alias: { 'postern/origin': inRepository('src/package/origin.ts') },
    });
    const { onRequest } = await import(outfile);
    const env = { PUBLIC_URL: '', ORIGIN_URL: '' };
    await using origin = await startNodeOrigin(async ({ url = '', headers }, response) => {
      const entries = Object.entries(headers).map(([name, value]) => [name, String(value)]);
      const request = new Request(new URL(url, 'http://pages.test'), {
        headers: Object.fromEntries(entries),
      });
      const answer: Response = await onRequest({
        request,
        env,
        next: () => new Response('a page'),
      });
      response.statusCode = answer.status;
      response.end(await answer.text());
    });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' };
    await using gate = await startGate({
      origin,
      vars: ({ gate: url }) => {
        Object.assign(env, { PUBLIC_URL: url, ORIGIN_URL: origin.url });
        return { PUBLIC_URL: url, ASSERTION_KEYS: { keys: [key] } };
      },
    });
    const { cookie } = await gate.kratos.createSession();
    const around = await fetch(origin.url, { headers: { 'X-User-Id': 'forged' } });
    expect(around.status).toBe(401);
    const through = await fetch(`${gate.url}/`, { headers: { cookie } });
    expect([through.status, await through.text()]).toEqual([200, 'a page']);
  });
});

describe('docs/local-work.md', () => {
  it('has values for .dev.vars with which the gate starts', () => {
    const pairs = [...textOf('local/dev.vars').matchAll(/^([A-Z_]+) = (["'])(.*)\2$/gm)];
    const variables = Object.fromEntries(pairs.map(([, name, , value]) => [name, value]));
    expect(Object.keys(variables)).toHaveLength(5);
    expect(readConfig({ ...variables, REVOCATIONS: {} })).toMatchObject({ ok: true });
  });

  it('shows environments, each of which is ready', () => {
    const file = textOf('deploy/environments.toml').replace(/^# .*\n/m, '');
    expect(codeOf(readPage('docs/local-work.md'), 'toml')).toContain(file);
    const path = fileOf('deploy/environments.toml');
    expect([errorsOf(path), errorsOf(path, 'staging')]).toEqual([[], []]);
  });

  it('deploys with scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    const run = [...textOf('deploy/deploy.yml').matchAll(/npm run ([\w:-]+)/g)];
    expect(run.map(([, name = '']) => name).filter((name) => !(name in scripts))).toEqual([]);
    expect(run.length).toBeGreaterThan(2);
  });

  it('has a Terraform file for the Worker of wrangler.toml', () => {
    const { fields } = readWranglerFile(inRepository('wrangler.toml'));
    expect(textOf('deploy/main.tf')).toContain(`script  = "${fields.name}"`);
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { freePorts } from '../support/free-port.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import { startGate } from '../support/start-gate.ts';
import { packInto } from './pack.ts';

const TEMPLATES = ['hono', 'static-assets', 'gate'] as const;
const START_MS = 120_000;

const bin = (name: string) => inRepository(`node_modules/.bin/${name}`);
const folder = mkdtempSync(join(tmpdir(), 'postern-templates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const tarball = packInto(folder);

/** The stand-in for Kratos, over a real socket. */
let kratosUrl = '';
const { kratos } = await forAllTests(
  startGate({
    services: 'http',
    vars: (addresses) => {
      kratosUrl = addresses.kratos;
      return {};
    },
  }),
);
const origin = await forAllTests(
  startNodeOrigin((request, response) => {
    response.end(`origin: ${request.headers['x-user-email'] ?? 'nobody'}`);
  }),
);

const projects = TEMPLATES.map((template) => ({ template, place: join(folder, `my-${template}`) }));
const made = projects.map(({ template, place }) => make(template, place));
const areInstalled = projects.every(({ place }) => existsSync(join(place, 'node_modules/postern')));

/** Makes a project with the program of the package, and installs it without the tools, which this repository has. */
function make(template: string, place: string): string {
  const program = ['exec', '--yes', '--package', tarball, '--', 'create-postern'];
  const { stdout } = spawnSync('npm', [...program, place, '--template', template], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (existsSync(place)) {
    const options = ['--omit=dev', '--no-audit', '--no-fund'];
    spawnSync('npm', ['install', ...options], { cwd: place });
  }
  return stdout;
}

function run(program: string, args: readonly string[], place: string): string {
  const env = {
    ...process.env,
    NODE_TEST_CONTEXT: undefined,
    WRANGLER_SEND_METRICS: 'false',
    CI: '1',
  };
  const { stdout, stderr, status } = spawnSync(program, args, {
    cwd: place,
    encoding: 'utf8',
    env,
  });
  return status === 0 ? '' : `${stdout}\n${stderr}`;
}

interface Site extends AsyncDisposable {
  readonly port: number;
}

/** Serves a project with `wrangler dev`. */
async function serve(place: string): Promise<Site> {
  const [port = 0, inspector = 0] = await freePorts(2);
  const vars = [
    `PUBLIC_URL=http://127.0.0.1:${port}`,
    `KRATOS_PUBLIC_URL=${kratosUrl}`,
    `ORIGIN_URL=${origin.url}`,
  ];
  const names = place.endsWith('gate') ? vars : vars.slice(0, 2);
  writeFileSync(join(place, '.dev.vars'), `${names.join('\n')}\n`);
  const args = ['dev', '--ip', '127.0.0.1', '--port', String(port)];
  const child = spawn(bin('wrangler'), [...args, '--inspector-port', String(inspector)], {
    cwd: place,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: '1' },
  });
  await listening(child);
  return { port, [Symbol.asyncDispose]: () => ended(child) };
}

/** Waits until `wrangler dev` says that it is ready. */
function listening(child: ChildProcess): Promise<void> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      if (/Ready on/.test(printed)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`wrangler dev ended: ${printed}`)));
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  return exit;
}

const reasonOf = (response: RawResponse) => [response.status, header(response, 'postern-reason')];

describe.skipIf(!areInstalled)(
  areInstalled ? 'a project of create-postern' : 'skipped: npm could not install the projects',
  () => {
    it.each(projects)('is made from the template $template', ({ template, place }) => {
      const { name, dependencies } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'));
      expect([name, dependencies.postern]).toEqual([
        `my-${template}`,
        expect.stringMatching(/^file:.*postern-.*\.tgz$/),
      ]);
      expect(existsSync(join(place, '.gitignore'))).toBe(true);
      expect(existsSync(join(place, 'node_modules/.bin/node'))).toBe(false);
      expect(made.join()).toContain('Next: cd');
    });

    it('is not made in a directory with files, nor from a template that does not exist', () => {
      const program = ['exec', '--yes', '--package', tarball, '--', 'create-postern'];
      const options = { cwd: folder, encoding: 'utf8' } as const;
      const [{ place } = { place: '' }] = projects;
      const again = spawnSync('npm', [...program, place], options);
      expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('is not empty')]);
      const unknown = spawnSync('npm', [...program, 'x', '--template', 'y'], options);
      expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('usage: ')]);
    });

    it.each(projects)(
      'has types that agree with those of wrangler: $template',
      ({ place }) => {
        expect(run(bin('wrangler'), ['types'], place)).toBe('');
        expect(run(bin('tsc'), [], place)).toBe('');
      },
      START_MS,
    );

    it('has tests that pass: hono', () => {
      const place = join(folder, 'my-hono');
      expect(run(process.execPath, ['--test', 'test/site.test.ts'], place)).toBe('');
    });

    it(
      'serves signed-in people and refuses others, with D1, assets and a variable of its own: hono',
      async () => {
        await using site = await serve(join(folder, 'my-hono'));
        const person = await kratos.createSession({ traits: { email: 'zoe@example.com' } });
        const ask = (path: string, headers = {}) =>
          get(site.port, path, { Host: `127.0.0.1:${site.port}`, ...headers });
        const signedIn = (path: string) => ask(path, { Cookie: person.cookie });
        expect((await signedIn('/')).text).toBe('Hello, zoe@example.com');
        expect(JSON.parse((await signedIn('/visits')).text)).toEqual({ visits: 1 });
        expect((await signedIn('/members')).text).toContain('For members');
        expect((await ask('/public/about')).text).toContain('About us');
        for (const path of ['/', '/visits', '/members', '/members.html', '/nowhere']) {
          expect([path, ...reasonOf(await ask(path))]).toEqual([path, 401, 'credential_missing']);
        }
        expect(reasonOf(await signedIn('/admin'))).toEqual([403, 'session_aal2_required']);
      },
      START_MS,
    );

    it(
      'serves files: static-assets',
      async () => {
        await using site = await serve(join(folder, 'my-static-assets'));
        const person = await kratos.createSession();
        const host = { Host: `127.0.0.1:${site.port}` };
        const members = await get(site.port, '/members.html', { ...host, Cookie: person.cookie });
        expect([members.status, members.text]).toEqual([
          200,
          expect.stringContaining('For members'),
        ]);
        expect((await get(site.port, '/public/about.html', host)).status).toBe(200);
        expect(reasonOf(await get(site.port, '/members.html', host))).toEqual([
          401,
          'credential_missing',
        ]);
      },
      START_MS,
    );

    it(
      'forwards to the origin: gate',
      async () => {
        await using site = await serve(join(folder, 'my-gate'));
        const person = await kratos.createSession({ traits: { email: 'zoe@example.com' } });
        const host = { Host: `127.0.0.1:${site.port}` };
        const passed = await get(site.port, '/account', { ...host, Cookie: person.cookie });
        expect(passed.text).toBe('origin: zoe@example.com');
        expect((await get(site.port, '/public/x', host)).text).toBe('origin: nobody');
        expect(reasonOf(await get(site.port, '/account', host))).toEqual([
          401,
          'credential_missing',
        ]);
      },
      START_MS,
    );
  },
);

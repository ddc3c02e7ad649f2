import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, readPage } from '../docs/pages.ts';
import { inRepository } from '../support/repository.ts';
import { packInto } from './pack.ts';

const COMPILE_MS = 120_000;
const MAX_INSTALLED_BYTES = 3 * 1024 * 1024;

const WORKER = `
import postern, { RevocationLog } from 'postern';
import { readIdentity } from 'postern/origin';

export { RevocationLog };
export default {
  async fetch(request: Request, env: { STRIPE_KEY: string }, context: ExecutionContext): Promise<Response> {
    const reading = await readIdentity(request, { issuer: 'https://a.example', audience: 'https://b.example' });
    if (reading.kind === 'identified') return new Response(reading.identity.id);
    const status: 401 | 503 = reading.status;
    return status === 503 ? new Response(reading.message, { status }) : postern.fetch(request, env, context);
  },
};
`;
const ORIGIN = `
import { readIdentity } from 'postern/origin';
const reading = await readIdentity({ headers: { 'x-session-assertion': ['a'] } }, { issuer: 'https://a.example', audience: 'b' });
const emails: string | undefined = reading.kind === 'identified' ? reading.identity.header('X-User-Email') : reading.message;
// @ts-expect-error the identity exists only where the request is identified
reading.identity;
export { emails };
`;
const HONO = `
import { Hono } from 'hono';
import { optionalSession, postern, requireSession } from 'postern/hono';
import type { KeycardSession, KratosSession, PosternVariables } from 'postern/hono';
import { createTestSessions } from 'postern/testing';

type Session = KratosSession<{ email: string; plan?: 'pro' }>;
interface Bindings { DB: { exec(sql: string): Promise<unknown> }; STRIPE_KEY: string }
const app = new Hono<{ Bindings: Bindings }>()
  .use(postern<Session>({ prefix: 'POSTERN_', settings: { RULES: [{ path: '/a/*', session: 'none' }] } }))
  .get('/maybe', (c) => {
    const email: string | undefined = c.var.session?.identity.traits.email;
    const key: string = c.env.STRIPE_KEY;
    return c.text([email, key, c.var.reason].join());
  })
  .get('/admin', requireSession<Session>({ aal: 'aal2', authenticatedWithin: '15m' }), (c) => {
    const email: string = c.var.session.identity.traits.email;
    const plan: 'pro' | undefined = c.var.identity.traits.plan;
    return c.json({ email, plan });
  })
  .get('/agent', requireSession<KeycardSession>({ scopes: ['write'] }), (c) => c.text(c.var.session.session_data.client_id))
  .get('/either', optionalSession(), (c) => c.text(String(c.var.identity?.id)));
const declared = new Hono<{ Bindings: Bindings; Variables: PosternVariables<Session> }>();
declared.use(postern());
declared.get('/', (c) => c.text(c.var.session?.identity.traits.email ?? ''));
// @ts-expect-error there is no such assurance level
requireSession({ aal: 'aal9' });
// @ts-expect-error a misspelt setting
postern({ settings: { PUBLC_URL: 'https://app.example.com' } });
export const people = createTestSessions({ settings: { PUBLIC_URL: 'https://app.example.com' } });
export default app;
`;
const PLAIN = `
import { createPostern, RevocationLog, type KratosSession } from 'postern';
const gate = createPostern<KratosSession<{ email: string }>>({ pick: ['PUBLIC_URL', 'REVOCATIONS'] });
export { RevocationLog };
export default {
  async fetch(request: Request, env: { DB: object }, ctx: ExecutionContext): Promise<Response> {
    const authorized = await gate.authorize(request, env, ctx);
    if (authorized.kind === 'answer') return authorized.response;
    const email: string | undefined = authorized.session?.identity.traits.email;
    const reading = await gate.session(request, env, ctx);
    if (reading.kind === 'signed-in') return new Response(reading.identity.id);
    return authorized.finish(new Response(email));
  },
};
`;
const BASE = {
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  noEmit: true,
  skipLibCheck: false,
  strict: true,
  types: [] as string[],
};
const typesOf = (name: string) => inRepository(`node_modules/${name}`);
const WORKERS = { lib: ['es2022'], types: [typesOf('@cloudflare/workers-types')] };
const EVERY_STRICT_OPTION = {
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
};
const CONSUMERS: readonly {
  readonly name: string;
  /** Whether every compiler checks it. */
  readonly isForAll?: boolean;
  readonly options: object;
  readonly code: string;
}[] = [
  { name: 'Hono, workers-types', options: WORKERS, code: HONO },
  { name: 'Hono, not strict', options: { ...WORKERS, strict: false }, code: HONO },
  {
    name: 'Hono, every strict option',
    isForAll: true,
    options: { ...WORKERS, ...EVERY_STRICT_OPTION },
    code: HONO,
  },
  {
    name: 'Hono, the DOM',
    isForAll: true,
    options: { lib: ['es2022', 'dom', 'dom.iterable'] },
    code: HONO,
  },
  {
    name: 'no framework',
    isForAll: true,
    options: { ...WORKERS, ...EVERY_STRICT_OPTION },
    code: PLAIN,
  },
  { name: 'workers-types, strict', options: WORKERS, code: WORKER },
  { name: 'workers-types, not strict', options: { ...WORKERS, strict: false }, code: WORKER },
  {
    name: 'workers-types, every strict option',
    options: {
      ...WORKERS,
      ...EVERY_STRICT_OPTION,
    },
    code: WORKER,
  },
  { name: 'the DOM', options: { lib: ['es2022', 'dom'] }, code: ORIGIN },
  {
    name: 'Node’s types',
    options: { lib: ['es2022'], types: [typesOf('@types/node')] },
    code: ORIGIN,
  },
  {
    name: 'Node’s own resolution',
    isForAll: true,
    options: { module: 'nodenext', moduleResolution: 'nodenext', types: [typesOf('@types/node')] },
    code: ORIGIN,
  },
];
/** The compilers that users have, each with its path in a project. */
const COMPILERS = ['5.9.3', '6.0.3'].map((version) => ({
  version,
  path: `node_modules/typescript-${version}/bin/tsc`,
}));

const folder = mkdtempSync(join(tmpdir(), 'postern-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bin = (name: string) => inRepository(`node_modules/.bin/${name}`);
const tarball = packInto(folder);
const project = join(folder, 'project');
const installed = install();
const isInstalled = existsSync(join(project, 'node_modules/postern'));

/** Installs the tarball into a project that has Hono, with its dependencies from the registry. */
function install(): string {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "site", "type": "module" }');
  const { devDependencies } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  const compilers = COMPILERS.map(
    ({ version }) => `typescript-${version}@npm:typescript@${version}`,
  );
  const packages = [`hono@${devDependencies.hono}`, ...compilers, tarball];
  const { stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', ...packages], {
    cwd: project,
    encoding: 'utf8',
  });
  return stderr;
}

function filesIn(place: string): string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(place, name)).isFile(),
  );
}

describe('the tarball', () => {
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');

  it('contains modules with types and source maps, the texts, and nothing else', () => {
    const names = listed.map((name) => name.replace(/^package\//, ''));
    const texts = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
    const modules = names.filter((name) => !texts.includes(name));
    expect(names).toEqual(expect.arrayContaining(texts));
    expect(
      modules.filter(
        (name) =>
          !/^(dist\/package\/([\w-]+\.js(\.map)?|types\/[\w/-]+\.d\.ts)$|templates\/)/.test(name),
      ),
    ).toEqual([]);
    expect(modules).toEqual(
      expect.arrayContaining(
        ['postern', 'hono', 'origin', 'testing'].flatMap((entry) =>
          ['.js', '.js.map'].map((ending) => `dist/package/${entry}${ending}`),
        ),
      ),
    );
  });

  it('has no complaint of publint', () => {
    const { status, stdout } = spawnSync(bin('publint'), [tarball, '--strict'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, expect.stringContaining('All good')]);
  });

  it('is resolved with its types by every resolver for ES modules', () => {
    const { status, stdout } = spawnSync(bin('attw'), [tarball, '--profile', 'esm-only'], {
      encoding: 'utf8',
    });
    for (const entry of ['hono', 'origin', 'testing']) {
      expect([status, stdout]).toEqual([0, expect.stringContaining(`postern/${entry}`)]);
    }
  });
});

describe.skipIf(!isInstalled)(
  isInstalled ? 'a project that installs it' : 'skipped: npm could not install the dependencies',
  () => {
    it('keeps its own Node, and grows by less than 3 MB', () => {
      const place = join(project, 'node_modules');
      const packages = readdirSync(place).filter((name) => !/^(\.|hono$|typescript)/.test(name));
      expect(packages).toEqual(['@marcbachmann', 'jose', 'postern']);
      expect(existsSync(join(place, '.bin/node'))).toBe(false);
      const bytes = packages
        .flatMap((name) => filesIn(join(place, name)).map((file) => join(place, name, file)))
        .reduce((sum, file) => sum + statSync(file).size, 0);
      expect(bytes).toBeLessThan(MAX_INSTALLED_BYTES);
      expect(installed).not.toMatch(/EBADENGINE|deprecated/);
    });

    it('reads an identity in the Node that runs it, by the code of docs/assertion.md', async () => {
      const keys = await generateKeyPair('ES256', { extractable: true });
      const set = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] };
      const [code = ''] = codeOf(readPage('docs/assertion.md'), 'ts').filter((text) =>
        text.includes('postern/origin'),
      );
      const sign = (audience: string) =>
        new SignJWT({ sid: 'session-1' })
          .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'session-assertion+jwt' })
          .setIssuer('https://app.example.com')
          .setAudience(audience)
          .setSubject('person-1')
          .setIssuedAt()
          .setExpirationTime('1m')
          .sign(keys.privateKey);
      const assertions = [
        await sign('https://origin.example.com'),
        await sign('https://x.example'),
      ];
      const program = `
        globalThis.fetch = async () => Response.json(${JSON.stringify(set)});
        ${code.replace('export default', 'const site =')}
        for (const assertion of ${JSON.stringify(assertions)}) {
          const headers = { 'X-Session-Assertion': assertion, 'X-User-Email': 'zo%C3%AB@example.com' };
          const answer = await site.fetch(new Request('https://origin.example.com/', { headers }));
          console.log(answer.status, await answer.text());
        }`;
      writeFileSync(join(project, 'origin.mjs'), program);
      const printed = execFileSync(process.execPath, ['origin.mjs'], {
        cwd: project,
        encoding: 'utf8',
      });
      const lines = printed.trim().split('\n');
      expect(lines[0]).toBe('200 Hello person-1, zoë@example.com');
      expect(lines[1]).toMatch(/^401 /);
    });

    it('makes a bundle of at most 215 KiB gzipped, as docs/dependencies.md says', async () => {
      const app = `
        import { Hono } from 'hono';
        import { RevocationLog } from 'postern';
        import { requireSession } from 'postern/hono';
        export { RevocationLog };
        export default new Hono().get('/account', requireSession(), (c) => c.text(c.var.identity.id));`;
      const { outputFiles } = await build({
        stdin: { contents: app, resolveDir: project },
        bundle: true,
        minify: true,
        write: false,
        format: 'esm',
        target: 'es2024',
        conditions: ['workerd', 'worker', 'browser'],
        external: ['cloudflare:*', 'node:*'],
      });
      const kib = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength / 1024;
      expect([kib > 100, kib < 215]).toEqual([true, true]);
    });

    it('serves the site of docs/hono.md, and its tests pass in Node', () => {
      const codes = codeOf(readPage('docs/hono.md'), 'ts');
      for (const file of ['site.ts', 'site.test.ts']) {
        const code = codes.find((text) => text.startsWith(`// ${file}`)) ?? '';
        writeFileSync(join(project, file), code);
      }
      const { status, stdout } = spawnSync(process.execPath, ['--test', 'site.test.ts'], {
        cwd: project,
        encoding: 'utf8',
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      });
      expect([status, stdout]).toEqual([0, expect.stringMatching(/pass 3\b/)]);
    });

    it.each(CONSUMERS)(
      'is type-checked by TypeScript 7 with $name',
      (consumer) => expect(typeCheck(bin('tsc'), consumer)).toEqual(['', 0]),
      COMPILE_MS,
    );

    const older = COMPILERS.flatMap(({ version, path }) =>
      CONSUMERS.filter(({ isForAll }) => isForAll).map((consumer) => ({ version, path, consumer })),
    );
    it.each(older)(
      'is type-checked by TypeScript $version with $consumer.name',
      ({ path, consumer }) => {
        expect(typeCheck(join(project, path), consumer)).toEqual(['', 0]);
      },
      COMPILE_MS,
    );
  },
);

function typeCheck(tsc: string, { options, code }: (typeof CONSUMERS)[number]) {
  const place = join(project, 'check');
  mkdirSync(place, { recursive: true });
  const compilerOptions = { ...BASE, ...options };
  writeFileSync(join(place, 'site.ts'), code);
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['site.ts'] }),
  );
  const { stdout, status } = spawnSync(tsc, ['-p', place], { encoding: 'utf8' });
  return [stdout, status];
}

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import type { Dependencies, Fetch } from '../../src/app/dependencies.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import { Routes } from '../../src/http/routes.ts';

const SITE = 'https://app.example.test';
const ZONE = 'https://zone-1.keycard.cloud';
const SECRET = 'a-secret-of-thirty-two-characters-or-more';
/** A configuration with every route. */
const SETTINGS = {
  PUBLIC_URL: SITE,
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
  KRATOS_ADMIN_URL: 'https://kratos-admin.example.test',
  KEYCARD_API_URL: 'https://api.keycard.example.test',
  ORIGIN_URL: 'https://origin.example.test',
  REVOCATIONS: {},
  SELF_SERVICE: true,
  ADMIN_SECRETS: [SECRET],
  FORWARD_AUTH_SECRETS: [SECRET],
  WEBHOOK_API_KEYS: [SECRET],
  SIGN_IN_SECRETS: [SECRET],
  CLIENT_SECRETS: { [ZONE]: SECRET },
  ISSUERS: [
    {
      issuer: ZONE,
      preset: 'keycard',
      audience: SITE,
      algorithms: ['RS256'],
      discovery: true,
      client_id: 'gate',
      sign_in: {},
    },
  ],
  RULES: [{ path: '/public/*', session: 'none' }],
};
const NAVIGATION = {
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
};
const PROGRAM = { Accept: 'application/json', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };

/**
 * Routes for programs. They answer a browser as their provider does: Kratos gives JSON there whatever `Accept` says. The
 * readiness is a document, with 503 too.
 */
const FOR_PROGRAMS = /^\/(?:sessions|admin|zones)(?:\/|$)|^\/\.postern\/health\/ready$/;

/** The page at which an operator gives the secret. It is no answer for programs. */
const ONLY_A_PAGE = '/.postern/status';

const json = (status: number) => async () =>
  Response.json({ error: { code: status, message: 'secret detail' } }, { status });
const WORLDS: Readonly<Record<string, Fetch>> = {
  'every neighbour is down': async () => {
    throw new TypeError('fetch failed');
  },
  'every neighbour answers 500': json(500),
  'every neighbour answers 401': json(401),
  'every neighbour answers 404': json(404),
  'every neighbour answers 429': json(429),
};

/** Starts a gateway, and records the path of every route that it adds. */
function startGateway(neighbour: Fetch) {
  const config = readConfig(SETTINGS);
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const paths: string[] = [];
  const add = Routes.prototype.add;
  vi.spyOn(Routes.prototype, 'add').mockImplementation(function (
    this: Routes<unknown>,
    path,
    handler,
  ) {
    paths.push(path);
    add.call(this, path, handler);
  });
  const down = async (): Promise<never> => {
    throw new Error('the log is down');
  };
  const dependencies: Dependencies = {
    kv: undefined,
    openLog: () => ({ read: down, append: down }),
    openRefreshLeases: () => ({ take: down, finish: down }) as never, // no request of this test refreshes
    fetchOrigin: async () => neighbour(new Request(SITE)),
    now: () => Date.now(),
    random: () => 0.5,
    report: () => {},
    metrics: undefined,
    fetchers: { kratos: neighbour, kratosAdmin: neighbour, keycard: neighbour, keys: neighbour },
  };
  const gateway = createGateway(config.value, dependencies);
  vi.restoreAllMocks();
  const ask = async (method: string, path: string, headers: Record<string, string>) => {
    const background: Promise<unknown>[] = [];
    const body = method === 'POST' ? { body: 'a=b' } : {};
    const request = new Request(SITE + path, { method, headers, ...body });
    const response = await gateway.fetch(request, (work) => void background.push(work));
    await Promise.allSettled(background);
    return response;
  };
  return { ask, paths };
}

/** Writes a path in the place of the route's parameters. */
function exampleOf(path: string): string {
  return path
    .replaceAll(/:\w+(?:\{[^}]*\})?/g, '9f2d2c7e-6b1a-4c3f-8d2e-1a2b3c4d5e6f')
    .replace('*', 'x');
}

const ELSEWHERE = ['/', '/public/x', '/a//b', '/.postern', '/.postern/nothing', '/%zz', '/?q=<'];
const COOKIES = ['', 'ory_kratos_session=a-value-that-nobody-has-seen'];

beforeAll(loadSignIn);

describe.each(Object.entries(WORLDS))('while %s', (_, neighbour) => {
  it('a navigation gets a page in place of every error, and a program gets none', async () => {
    const { ask, paths } = startGateway(neighbour);
    expect(paths.length).toBeGreaterThan(40);
    for (const path of [...new Set([...paths.map(exampleOf), ...ELSEWHERE])]) {
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
        for (const Cookie of COOKIES) {
          const asked = `${method} ${path} ${Cookie === '' ? 'without' : 'with'} a session`;
          const page = await ask(method, path, { ...NAVIGATION, Cookie });
          const type = page.headers.get('content-type') ?? '';
          const isOrigins = !page.headers.has('postern-reason') && isSites(path);
          if (page.status < 400 || isOrigins || FOR_PROGRAMS.test(path)) continue;
          expect(`${asked}: ${page.status} ${type}`).toMatch(/: \d+ text\/html; charset=utf-8$/);
          const text = await page.text();
          expect(text).toContain('<h1>');
          expect(text).not.toMatch(/secret detail|fetch failed/);

          const answer = await ask(method, path, { ...PROGRAM, Cookie });
          if (answer.status < 400 || path === ONLY_A_PAGE) continue;
          expect(`${asked}: ${answer.headers.get('content-type')}`).not.toContain('text/html');
        }
      }
    }
  });
});

/** Whether the path is the site's, where the gate passes on what the origin answers. */
function isSites(path: string): boolean {
  return ['/', '/public/x', '/?q=<'].includes(path);
}

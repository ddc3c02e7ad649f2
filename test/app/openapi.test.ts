import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, vi } from 'vitest';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import { Routes } from '../../src/http/routes.ts';
import { ROUTES } from '../routes/session-api/routes.ts';
import { inRepository } from '../support/repository.ts';

await loadSignIn();
const document = JSON.parse(readFileSync(inRepository('docs/openapi.json'), 'utf8'));

/** Settings with which every route of Postern’s own exists. */
const EVERYTHING = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://auth.example.com',
  KRATOS_ADMIN_URL: 'https://admin.example.com',
  KEYCARD_API_URL: 'https://api.keycard.ai',
  KEYCARD_ZONES: ['zone-1'],
  ORIGIN_URL: 'https://origin.example.com',
  SELF_SERVICE: true,
  ADMIN_SECRETS: ['a-secret-of-32-characters-or-more-1'],
  FORWARD_AUTH_SECRETS: ['a-secret-of-32-characters-or-more-2'],
  WEBHOOK_API_KEYS: ['a-secret-of-32-characters-or-more-3'],
  SIGN_IN_SECRETS: ['a-secret-of-32-characters-or-more-4'],
  CLIENT_SECRETS: { 'https://zone1.keycard.cloud': 'a-secret' },
  ISSUERS: [
    {
      issuer: 'https://zone1.keycard.cloud',
      preset: 'keycard',
      audience: 'https://app.example.com',
      algorithms: ['RS256'],
      discovery: true,
      client_id: 'a-client',
      sign_in: { scopes: ['openid'] },
      event_audience: ['a-client'],
    },
  ],
  REVOCATIONS: {},
};

/** Returns the paths that a gateway adds to its router. */
function pathsOfGateway(): string[] {
  const config = readConfig(EVERYTHING);
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const add = vi.spyOn(Routes.prototype, 'add');
  const dependencies = {
    fetchers: {},
    fetchOrigin: async () => new Response(),
    openLog: () => ({}),
    openRefreshLeases: () => ({}),
    report: () => {},
    now: () => 0,
    random: () => 0,
  };
  createGateway(config.value, dependencies as unknown as Parameters<typeof createGateway>[1]); // no call is made
  const paths = add.mock.calls.map(([path]) => path);
  add.mockRestore();
  return paths;
}

/** Paths that answer 404, so that no path of Postern’s own reaches the site. */
const NOT_FOUND =
  /^\/self-service$|^\/(?:\.postern|self-service|admin\/sessions|admin\/identities\/\{id\}\/sessions|zones\/\{zoneId\}\/sessions)\/\*$/;

function documented(path: string): string {
  return path
    .replace(/:(\w+)/g, '{$1}')
    .replace(/^(\/\.well-known\/oauth-.*)\/\*$/, '$1/{resource}')
    .replace('/.postern/auth/*', '/.postern/auth/{request}');
}

/** Returns the documented paths of a route. Its `/*` also matches the path without a slash at its end. */
function allDocumented(path: string): string[] {
  const bare = /^(\/\.well-known\/oauth-.*)\/\*$/.exec(path)?.[1];
  return bare === undefined ? [documented(path)] : [bare, documented(path)];
}

describe('docs/openapi.json', () => {
  it('has every path that the gateway answers itself, and no other', () => {
    const paths = new Set(pathsOfGateway().flatMap(allDocumented));
    const answered = [...paths].filter((path) => !NOT_FOUND.test(path));
    expect(Object.keys(document.paths).sort()).toEqual(answered.sort());
  });

  it('has the methods of the session API', () => {
    const operations = Object.entries<Record<string, { tags: string[] }>>(document.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods)
          .filter(([, { tags }]) => tags.includes('session API'))
          .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(Object.keys(ROUTES).map(documented).sort());
  });

  it('has the version of package.json', () => {
    const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
    expect(document.info.version).toBe(version);
  });

  it('refers to schemas that exist and compile', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
    const { schemas } = document.components;
    expect(references.map(([, name = '']) => name).filter((name) => !(name in schemas))).toEqual(
      [],
    );
    const ajv = new Ajv2020({ strict: true, validateFormats: false, keywords: ['components'] });
    ajv.addSchema({ $id: 'openapi', components: document.components }, 'openapi');
    for (const name of Object.keys(schemas)) {
      expect(ajv.getSchema(`openapi#/components/schemas/${name}`)).toBeTypeOf('function');
    }
  });
});

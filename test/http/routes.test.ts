import { describe, expect, it } from 'vitest';
import type { AdmittedTarget } from '../../src/http/admit.ts';
import { plainReading } from '../../src/http/path-readings.ts';
import { Routes } from '../../src/http/routes.ts';
import { authority } from '../support/authority.ts';

function target(method: string, path: string): AdmittedTarget {
  return {
    method,
    path,
    host: authority('a.test'),
    decodedPath: path,
    readings: [plainReading(path)],
    search: '',
  };
}

/** Routes that answer their own name, and the parameter `id`. */
function someRoutes(): Routes<undefined> {
  const routes = new Routes<undefined>();
  const named =
    (name: string) =>
    (_: undefined, parameter: (of: string) => string): Response =>
      new Response(`${name} ${parameter('id')}`);
  routes.add('/own/health', named('health'));
  routes.add('/sessions/whoami', named('whoami'));
  routes.add('/sessions/:id', named('session'));
  routes.add('/own/*', named('rest'));
  return routes;
}

async function answerOf(method: string, path: string): Promise<string | undefined> {
  const handle = someRoutes().match(target(method, path));
  return handle && (await (await handle(undefined)).text()).trim();
}

describe('Routes', () => {
  it('gives each path its own route and parameters, however often and in whatever order it is asked for', async () => {
    const routes = someRoutes();
    const paths = Array.from({ length: 200 }, (_, index) => `/sessions/s${index}`);
    for (const path of [...paths, ...paths.toReversed(), ...paths]) {
      const handle = routes.match(target('GET', path));
      const answer = handle && (await (await handle(undefined)).text());
      expect(answer).toBe(path.replace('/sessions/', 'session '));
      expect(routes.match(target('GET', `${path}/x`))).toBeUndefined();
    }
  });

  it.each([
    ['GET', '/own/health', 'health'],
    ['HEAD', '/own/health', 'health'],
    ['POST', '/own/health', 'health'],
    ['PROPFIND', '/sessions/whoami', 'whoami'],
    ['GET', '/own', 'rest'],
    ['GET', '/own/a/b', 'rest'],
  ])('%s %s gets the first route that was added for it', async (method, path, name) => {
    expect(await answerOf(method, path)).toBe(name);
  });

  it.each([
    '/',
    '/sessions',
    '/sessions/',
    '/sessions/a/b',
    '/Sessions/a',
    '/ownx',
    '/constructor',
    '/__proto__',
    '/%',
    '/%ff',
  ])('%s is not a route', async (path) => {
    expect(await answerOf('GET', path)).toBeUndefined();
  });

  it.each([
    ['/sessions/%77hoami', 'whoami'],
    ['/%6fwn/x', 'rest'],
    ['/sessions/%61b', 'session ab'],
    ['/sessions/a%2Fb', 'session a/b'],
    ['/sessions/%2577hoami', 'session %77hoami'],
    ['/sessions/%252F', 'session %2F'],
    ['/sessions/%ff', 'session %ff'],
    ['/sessions/%C3%A3', 'session ã'],
  ])('%s has no other spelling, and is decoded once', async (path, answer) => {
    expect(await answerOf('GET', path)).toBe(answer);
  });

  it('a parameter that the route lacks is empty', async () => {
    const routes = new Routes<undefined>();
    routes.add('/a/:b', (_, parameter) => new Response(`[${parameter('toString')}]`));
    const handle = routes.match(target('GET', '/a/x'));
    expect(await (await handle?.(undefined))?.text()).toBe('[]');
  });
});

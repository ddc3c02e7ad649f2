import { describe, expect, it } from 'vitest';
import { numberedLinks, readNumberedPage } from '../../../src/providers/kratos/paging.ts';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, startKratosApi } from './start-session-api.ts';

const COUNT = 2503;

const gate = await forAllTests(startKratosApi());
const identityId = crypto.randomUUID();
const current = await gate.kratos.createSession({ identityId });
const response = await fetch(`${gate.kratos.url}/.standin/sessions/many`, {
  method: 'POST',
  body: JSON.stringify({ identityId, count: COUNT }),
});
const { ids } = (await response.json()) as { ids: string[] };

/** Targets of `Link`, by relation. */
function linksOf(response: Response): Record<string, string> {
  const links = (response.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g);
  return Object.fromEntries([...links].map(([, target = '', relation]) => [relation, target]));
}

/** Every id on the way along `next`, from a path on, as a client that trusts its links goes. */
async function follow(base: string, path: string, headers: Record<string, string>) {
  const seen: string[] = [];
  for (let pages = 0, next: string | undefined = path; next !== undefined; pages += 1) {
    if (pages > 60) throw new Error('the list does not end');
    const { pathname, search } = new URL(next, 'https://app.example.test');
    const response = await fetchAs(base + pathname + search, { headers });
    expect(response.status).toBe(200);
    const page = (await response.json()) as { id: string }[];
    seen.push(...page.map(({ id }) => id));
    next = linksOf(response).next;
  }
  return seen;
}

const own = () => ({ 'x-session-token': current.token });

describe('a list of 2,503 sessions', () => {
  it.each(['', '?per_page=1000', '?page_size=100', '?page_size=250&page=1', '?page=0'])(
    'GET /sessions%s visits every session exactly once through next',
    async (query) => {
      const seen = await follow(gate.url, `/sessions${query}`, own());
      expect(seen).toHaveLength(COUNT);
      expect(new Set(seen)).toEqual(new Set(ids));
    },
  );

  it('control: directly, Kratos shows the first page twice and the last never (ory/kratos#3883)', async () => {
    const seen = await follow(gate.kratos.url, '/sessions', own());
    expect(seen.length - new Set(seen).size).toBe(250);
    expect(new Set(seen).size).toBe(2500);
  });

  it('GET /admin/identities/{id}/sessions visits every session exactly once', async () => {
    const path = `/admin/identities/${identityId}/sessions?active=true`;
    const seen = await follow(gate.url, path, GUARDED);
    expect(seen).toHaveLength(COUNT + 1);
    expect(new Set(seen)).toEqual(new Set([...ids, current.id]));
  });

  it.each(['?page_size=1000', '?page_size=500&active=true&expand=identity'])(
    'GET /admin/sessions%s visits every session exactly once through relative links',
    async (query) => {
      const seen = await follow(gate.url, `/admin/sessions${query}`, GUARDED);
      expect(seen).toHaveLength(COUNT + 1);
      expect(new Set(seen)).toEqual(new Set([...ids, current.id]));
    },
  );

  it('links point at Postern’s host, and prev leads back', async () => {
    const first = await fetchAs(`${gate.url}/sessions`, { headers: own() });
    const { next = '', last = '' } = linksOf(first);
    expect(next).toMatch(/^https:\/\/app\.example\.test\/sessions\?/);
    const { search } = new URL(last);
    const end = await fetchAs(`${gate.url}/sessions${search}`, { headers: own() });
    expect((await end.json()) as unknown[]).toHaveLength(3);
    expect(linksOf(end)).not.toHaveProperty('next');
    const back = new URL(linksOf(end).prev ?? '');
    const before = await fetchAs(`${gate.url}/sessions${back.search}`, { headers: own() });
    expect((await before.json()) as unknown[]).toHaveLength(250);
  });

  it('revokeOthers() ends all of them, including the last page', async () => {
    const response = await fetchAs(`${gate.url}/sessions`, { method: 'DELETE', headers: own() });
    expect(await response.json()).toEqual({ count: COUNT });
  });
});

describe('with a mount path', () => {
  it('links and routes start with it, and the root belongs to the site', async () => {
    await using mounted = await startKratosApi({ vars: { SESSION_API_PATH: '/auth' } });
    const person = crypto.randomUUID();
    for (let count = 0; count < 3; count += 1) {
      await mounted.kratos.createSession({ identityId: person });
    }
    const list = await fetchAs(`${mounted.url}/auth/admin/sessions?page_size=2`, {
      headers: GUARDED,
    });
    expect(linksOf(list).next).toMatch(/^\/auth\/admin\/sessions\?/);
    const seen = await follow(mounted.url, '/auth/admin/sessions?page_size=2', GUARDED);
    expect(new Set(seen).size).toBe(3);
    const ofOne = await fetchAs(
      `${mounted.url}/auth/admin/identities/${person}/sessions?page_size=2`,
      {
        headers: GUARDED,
      },
    );
    expect(linksOf(ofOne).next).toMatch(/^https:\/\/app\.example\.test\/auth\/admin\/identities\//);
    const site = await fetchAs(`${mounted.url}/admin/sessions`, { headers: GUARDED });
    expect([site.status, site.headers.get('postern-reason')]).toEqual([401, expect.anything()]);
  });
});

describe('readNumberedPage()', () => {
  const read = (query: string) => readNumberedPage(new URLSearchParams(query));

  it('begins at the first page for a token of another kind, as Kratos does', () => {
    for (const token of ['x', btoa('{"offset":"-1","v":2}'), btoa('[]'), '%%']) {
      expect(read(`page_token=${encodeURIComponent(token)}`)).toEqual({ size: 250, number: 1 });
    }
  });

  it('accepts the output of numberedLinks()', () => {
    const links = numberedLinks(
      '/s',
      { size: 10, number: 2 },
      { total: 31, filters: new URLSearchParams() },
    );
    const pages = [...links.matchAll(/<\/s\?([^>]*)>; rel="(\w+)"/g)].map(
      ([, query = '', relation]) => {
        const page = read(query);
        return [relation, page.number];
      },
    );
    expect(Object.fromEntries(pages)).toEqual({ first: 1, next: 3, prev: 1, last: 4 });
  });
});

import { describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, startKeycardApi, startKratosApi } from './start-session-api.ts';

/** One provider of sessions, reached in one way: what every one of them has to do for an administrator. */
interface Provider {
  /** Makes an active session of a new person; gives its id. */
  create(): Promise<string>;
  read(id: string): Promise<Response>;
  /** Ends it, for its row to be read afterwards. */
  revoke(id: string): Promise<Response>;
  /** The ids of all sessions, in pages as small as they can be. */
  list(): Promise<string[]>;
  isActive(document: Record<string, unknown>): boolean;
  /** Whether a body is an error in the provider's own shape, of this status. */
  isError(body: unknown, status: number): boolean;
  readUncredentialed(id: string): Promise<Response>;
  readonly unknownId: string;
}

const kratos = await forAllTests(startKratosApi());
const keycard = await forAllTests(startKeycardApi());

async function allPages(
  first: string,
  read: (url: string) => Promise<{ ids: string[]; next: string | undefined }>,
): Promise<string[]> {
  const all: string[] = [];
  for (let url: string | undefined = first; url !== undefined; ) {
    const { ids, next }: { ids: string[]; next: string | undefined } = await read(url);
    all.push(...ids);
    url = next;
  }
  return all;
}

function kratosAt(base: string, headers: Record<string, string>): Provider {
  const path = (id: string) => `${base}/admin/sessions/${id}`;
  return {
    create: async () => (await kratos.kratos.createSession({ identityId: crypto.randomUUID() })).id,
    read: (id) => fetchAs(path(id), { headers }),
    revoke: (id) => fetchAs(path(id), { method: 'DELETE', headers }),
    list: () =>
      allPages(`${base}/admin/sessions?page_size=1`, async (url) => {
        const response = await fetchAs(url, { headers });
        const sessions = (await response.json()) as { id: string }[];
        const next = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
        return { ids: sessions.map(({ id }) => id), next: next && `${base}${next}` };
      }),
    isActive: ({ active }) => active === true,
    isError: (body, status) => (body as { error?: { code?: number } }).error?.code === status,
    readUncredentialed: (id) => fetchAs(path(id)),
    unknownId: '00000000-0000-4000-8000-000000000000',
  };
}

function keycardAt(base: () => string, headersOf: () => Promise<Record<string, string>>): Provider {
  const path = (id: string) => `${base()}/zones/zone-1/sessions/${id}`;
  return {
    create: async () => (await keycard.keycard.createSession({ status: 'active' })).id,
    read: async (id) => fetchAs(path(id), { headers: await headersOf() }),
    revoke: async (id) =>
      fetchAs(path(id), {
        method: 'PATCH',
        body: '{"status":"revoked"}',
        headers: { ...(await headersOf()), 'content-type': 'application/json' },
      }),
    list: () =>
      allPages(`${base()}/zones/zone-1/sessions?limit=1`, async (url) => {
        const response = await fetchAs(url, { headers: await headersOf() });
        const { items, pagination } = (await response.json()) as {
          items: { id: string }[];
          pagination: { after_cursor: string | null };
        };
        const { after_cursor: after } = pagination;
        const next = `${base()}/zones/zone-1/sessions?limit=1&after=${encodeURIComponent(after ?? '')}`;
        return { ids: items.map(({ id }) => id), next: after === null ? undefined : next };
      }),
    isActive: ({ status }) => status === 'active',
    isError: (body, status) => {
      const error = body as Record<string, unknown>;
      return (
        error.status === status &&
        typeof error.message === 'string' &&
        typeof error.code === 'string'
      );
    },
    readUncredentialed: (id) => fetchAs(path(id)),
    unknownId: 'nobody',
  };
}

const ownBearer = async () => ({ authorization: `Bearer ${await keycard.keycard.bearer()}` });

const PROVIDERS: [name: string, provider: () => Provider, isGuarded: boolean][] = [
  ['Kratos directly', () => kratosAt(kratos.kratos.url, {}), false],
  ['Kratos through Postern', () => kratosAt(kratos.url, GUARDED), true],
  ['Keycard directly', () => keycardAt(() => keycard.keycard.origin, ownBearer), true],
  ['Keycard through Postern', () => keycardAt(() => keycard.gate.url, ownBearer), true],
  [
    'Keycard by the service account',
    () =>
      keycardAt(
        () => keycard.gate.url,
        async () => GUARDED,
      ),
    true,
  ],
];

describe.each(PROVIDERS)('%s', (_, providerOf, isGuarded) => {
  it('reads a session by its id', async () => {
    const provider = providerOf();
    const id = await provider.create();
    const response = await provider.read(id);
    const document = (await response.json()) as Record<string, unknown>;
    expect([response.status, document.id, provider.isActive(document)]).toEqual([200, id, true]);
    expect(response.headers.get('content-type')).toContain('application/json');
  });

  it('lists every session once, a page at a time', async () => {
    const provider = providerOf();
    const made = [await provider.create(), await provider.create(), await provider.create()];
    const listed = await provider.list();
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(made));
  });

  it('ends a session, and shows it as ended', async () => {
    const provider = providerOf();
    const id = await provider.create();
    const ended = await provider.revoke(id);
    expect(ended.ok).toBe(true);
    const document = (await (await provider.read(id)).json()) as Record<string, unknown>;
    expect(provider.isActive(document)).toBe(false);
  });

  it('reports a missing session in its own words', async () => {
    const provider = providerOf();
    for (const response of [
      await provider.read(provider.unknownId),
      await provider.revoke(provider.unknownId),
    ]) {
      expect(response.status).toBe(404);
      expect(provider.isError(await response.json(), 404)).toBe(true);
    }
  });

  it.runIf(isGuarded)('reports a missing permission in its own words', async () => {
    const provider = providerOf();
    const response = await provider.readUncredentialed(await provider.create());
    expect(response.status).toBe(401);
    expect(provider.isError(await response.json(), 401)).toBe(true);
  });
});

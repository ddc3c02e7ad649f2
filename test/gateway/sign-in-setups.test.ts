import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { get, header } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import type { Json } from '../support/runtime-worker.ts';
import { startGate } from '../support/start-gate.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';

/** The set-ups of docs/sign-in-pages.md, with the pages whose server asks for its visitor. */
const SETUPS = [
  { name: 'reference-ui', forwards: ['/ui/login', '/ui/settings', '/ui/sessions', '/ui/welcome'] },
  { name: 'elements', forwards: [] },
  { name: 'own-pages', forwards: [] },
];
const OPEN = ['/ui/login', '/ui/registration', '/ui/recovery', '/ui/verification', '/ui/error'];
const GATED = ['/ui/settings', '/account'];
const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

it.each(SETUPS)(
  'the set-up $name shows its pages to every client that needs them',
  async (setup) => {
    const config = inRepository(`docs/sign-in-pages/${setup.name}/wrangler.toml`);
    const { environment } = readWranglerFile(config);
    expect(readConfig({ ...environment, REVOCATIONS: {} })).toMatchObject({ ok: true });
    const { RULES, SELF_SERVICE, IDENTITY_HEADERS } = environment as Record<string, Json>; // TOML has no other values
    await using gate = await startGate({ vars: { RULES, SELF_SERVICE, IDENTITY_HEADERS } });
    const { cookie, session } = await gate.kratos.createSession();
    const received = async () => {
      const { requests } = await gate.origin.calls();
      return new Map(requests.at(-1)?.headers ?? []);
    };

    for (const path of OPEN) {
      expect([path, (await get(gate.port, path, NAVIGATION)).status]).toEqual([path, 200]);
    }
    for (const path of GATED) {
      const sent = await get(gate.port, path, NAVIGATION);
      expect([path, sent.status]).toEqual([path, 302]);
      expect(header(sent, 'location')).toMatch(
        /^https:\/\/app\.example\.test\/self-service\/login\//,
      );
    }
    for (const path of [...OPEN, ...GATED, '/ui/sessions', '/ui/welcome']) {
      const shown = await get(gate.port, path, { ...NAVIGATION, Cookie: `theme=dark; ${cookie}` });
      expect([path, shown.status]).toEqual([path, 200]);
      const isForwarded = ((await received()).get('cookie') ?? '').includes(cookie);
      expect([path, isForwarded]).toEqual([path, (setup.forwards as string[]).includes(path)]);
    }
    await get(gate.port, '/account', { ...NAVIGATION, Cookie: cookie });
    expect((await received()).get('x-user-id')).toBe(session.identity.id);
  },
);

it('the set-up reference-ui shows the login page, with its cookie, to a person below the second factor', async () => {
  const config = inRepository('docs/sign-in-pages/reference-ui/wrangler.toml');
  const { RULES } = readWranglerFile(config).environment as Record<string, Json>; // as above
  await using gate = await startGate({ vars: { RULES, SELF_SERVICE: true } });
  const { cookie, session } = await gate.kratos.createSession();
  await gate.kratos.changeIdentity(session.identity.id, { totp: true });
  expect((await get(gate.port, '/ui/login', { ...NAVIGATION, Cookie: cookie })).status).toBe(200);
  const { requests } = await gate.origin.calls();
  expect(new Map(requests.at(-1)?.headers).get('cookie')).toContain(cookie);
});

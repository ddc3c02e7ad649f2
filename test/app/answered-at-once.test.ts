import { describe, expect, it } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';

/** Kratos's session document (`session/session.go`), as short as it can be. */
const SESSION = {
  id: '3f1c9a52-64a1-4a5b-9b1e-2d2a0c7f1a01',
  active: true,
  expires_at: '2999-01-01T00:00:00Z',
  authenticator_assurance_level: 'aal1',
  identity: { id: 'b8f5a3de-31c0-4bb4-8f4d-1e4ee3b3a001', traits: {} },
};
const SIGNED_IN = { 'X-Session-Token': 'ory_st_a_credential' };

function startGateway(settings: Record<string, unknown>) {
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    ORIGIN_URL: 'https://origin.example.test',
    REVOCATION: 'off',
    ...settings,
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const store = async () => Response.json(SESSION);
  const gateway = createGateway(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchOrigin: async () => new Response('ok'),
    now: () => Date.now(),
    random: () => 0.5,
    report: () => {},
    metrics: undefined,
    fetchers: { kratos: store, kratosAdmin: store, keycard: store, keys: store },
  });
  return (path: string, headers = {}) =>
    gateway.fetch(new Request(`https://app.example.test${path}`, { headers }), () => {});
}

// A promise costs a small answer several per cent (docs/performance.md).
describe.each([{}, { SELF_SERVICE: true }, { ALLOWED_ORIGINS: ['https://spa.example'] }])(
  'no promise with %j',
  (settings) => {
    it('for a session in memory', async () => {
      const ask = startGateway(settings);
      expect((await ask('/sessions/whoami', SIGNED_IN)).status).toBe(200);
      const hit = ask('/sessions/whoami', SIGNED_IN);
      expect(hit).not.toBeInstanceOf(Promise);
      expect((await hit).status).toBe(200);
    });

    it('for a request without a session', async () => {
      const ask = startGateway(settings);
      for (const path of ['/sessions/whoami', '/account']) {
        const denied = ask(path);
        expect([path, denied instanceof Promise, (await denied).status]).toEqual([
          path,
          false,
          401,
        ]);
      }
    });
  },
);

/** The same exchanges by Keycard's own client and by the built gate, at the same zone. */
import { describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { get, header } from '../../support/raw-http.ts';
import { startGate } from '../../support/start-gate.ts';
import { openExchangeClient } from './exchange-client.ts';
import { VERIFIER_PYTHON } from './keycard-verifier.ts';

const API = 'https://api.example.com';
const CLIENT = { id: 'gate', secret: 'a-secret-of-the-gate' };
const TIMEOUT_MS = 60_000;
const python = VERIFIER_PYTHON;

describe.skipIf(python === undefined)(
  python === undefined
    ? 'skipped: no Python with keycardai-oauth (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'Keycard’s client and Postern',
  async () => {
    if (python === undefined) return;
    let issuer = '';
    const exchanging = (path: string, exchange: string) => ({
      path,
      session: 'required',
      exchange,
    });
    const gate = await forAllTests(
      startGate({
        vars: ({ keycard }) => {
          issuer = keycard;
          return {
            CLIENT_SECRETS: { [keycard]: CLIENT.secret },
            ISSUERS: [
              {
                issuer: keycard,
                preset: 'keycard',
                audience: 'postern',
                algorithms: ['RS256'],
                discovery: true,
                client_id: CLIENT.id,
              },
            ],
            RULES: [exchanging('/api', API), exchanging('/unknown', 'https://unknown.example.com')],
          };
        },
      }),
    );
    const { keycard } = gate;
    await keycard.control({ clients: { [CLIENT.id]: CLIENT.secret }, resources: ['postern', API] });
    const client = await forAllTests(
      Promise.resolve(openExchangeClient(python, { issuer, ...CLIENT })),
    );
    const tokenOf = (subject: string) =>
      keycard.createToken({ audience: 'postern', subject, scope: 'read write' });
    const ask = (token: string, path = '/api') =>
      get(gate.port, path, { Authorization: `Bearer ${token}` });
    const claimsOf = (token = '') =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

    it(
      'send the same request, and the zone gives the same token',
      async () => {
        const token = await tokenOf('user-1');
        await keycard.clearCalls();
        const { access_token: theirs, ...members } = await client.exchange(token, API);
        expect(members).toEqual({
          token_type: 'Bearer',
          expires_in: 3600,
          issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          scope: ['read', 'write'],
        });
        expect((await ask(token)).status).toBe(200);
        const [first, second, ...more] = await keycard.exchanges();
        expect([second, more]).toEqual([first, []]);
        const [call] = (await gate.origin.calls()).requests;
        const [, ours] = call?.headers.find(([name]) => name === 'authorization') ?? [];
        const volatile = { iat: 0, nbf: 0, exp: 0, jti: '' };
        expect({ ...claimsOf(ours?.slice('Bearer '.length)), ...volatile }).toEqual({
          ...claimsOf(theirs),
          ...volatile,
        });
      },
      TIMEOUT_MS,
    );

    it(
      'hear the same refusals, which Postern tells apart from faults',
      async () => {
        const token = await tokenOf('user-2');
        expect(await client.exchange(token, 'https://unknown.example.com')).toEqual({
          error: 'invalid_target',
        });
        expect(header(await ask(token, '/unknown'), 'postern-reason')).toBe('exchange_refused');
        await keycard.control({ clients: {} });
        expect(await client.exchange(token, API)).toEqual({ error: 'invalid_client' });
        const refused = await ask(token);
        expect([refused.status, header(refused, 'postern-reason')]).toEqual([
          503,
          'exchange_unavailable',
        ]);
        await keycard.control({ clients: { [CLIENT.id]: CLIENT.secret } });
        await gate.clock.advance(31_000);
        const strange = await keycard.createToken({ audience: 'postern', unpublished: true });
        expect(await client.exchange(strange, API)).toEqual({ error: 'invalid_request' });
      },
      TIMEOUT_MS,
    );
  },
);

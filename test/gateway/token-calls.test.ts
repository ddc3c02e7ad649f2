/** Calls that tokens cause, by the built gate: few when cold, zero when warm. */

import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { zoneSettings } from '../support/token-issuer.ts';
import { bearer, SECRET, startTokenSite } from './token-site.ts';

const KEY_SET = 'GET /openidconnect/jwks';
const RUNS = Number(process.env.POSTERN_PROPERTY_RUNS ?? 300);

const gate = await forAllTests(startTokenSite());
beforeEach(() => gate.clearAllCalls());

const whoami = (token: string) => get(gate.port, '/sessions/whoami', bearer(token));
const jsonOf = (response: RawResponse) => JSON.parse(response.body.toString());
const inlineToken = (claims: object = {}) => gate.inlineToken(claims);
const zoneToken = (options: object = {}) => gate.zoneToken(options);

describe('calls', () => {
  it('twenty cold concurrent verifications fetch the keys once; warm ones neither fetch them nor read KV', async () => {
    const cold = await startGate({
      kv: 'faulty',
      vars: ({ keycard }) => ({
        KEY_SET_SECRET: SECRET,
        ISSUERS: [zoneSettings(keycard)],
      }),
    });
    try {
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          cold.keycard.createToken({ audience: 'postern', subject: `user-${index}` }),
        ),
      );
      await cold.keycard.control({ delayMs: 50 });
      const ask = () =>
        Promise.all(tokens.map((token) => get(cold.port, '/sessions/whoami', bearer(token))));
      const subjects = (responses: RawResponse[]) =>
        responses.map((response) => jsonOf(response).subject);
      const expected = tokens.map((_, index) => `user-${index}`);
      expect(subjects(await ask())).toEqual(expected);
      expect((await cold.keycard.calls()).counts[KEY_SET]).toBe(1);
      const reads = (await cold.kv.calls()).filter(({ operation }) => operation === 'get');
      expect(reads.length).toBe(1);
      await Promise.all([cold.keycard.clearCalls(), cold.kv.clearCalls()]);
      for (let round = 0; round < 3; round += 1) expect(subjects(await ask())).toEqual(expected);
      expect((await cold.keycard.calls()).counts).toEqual({});
      expect(await cold.kv.calls()).toEqual([]);
      expect((await cold.kratos.calls()).counts).toEqual({});
    } finally {
      await cold.dispose();
    }
  });

  it('during key rotation no valid token fails, and no token of a removed key passes for long', async () => {
    const old = await zoneToken({ ttlSeconds: 86_400 });
    let running = true;
    const failures: unknown[] = [];
    const load = async () => {
      while (running) {
        const response = await whoami(await zoneToken({ subject: crypto.randomUUID() }));
        if (response.status !== 200) failures.push(header(response, 'postern-reason'));
      }
    };
    const loads = Promise.all(Array.from({ length: 6 }, load));
    for (let rotation = 0; rotation < 4; rotation += 1) {
      await gate.keycard.rotate({ keeps: 2 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      await gate.clock.advance(40_000);
    }
    running = false;
    await loads;
    expect(failures).toEqual([]);
    await gate.clock.advance(10 * 60_000);
    const response = await whoami(old);
    expect(header(response, 'postern-reason')).toBe('token_key_unknown');
  });
});

describe('an arbitrary string', () => {
  it('is answered 200 to 401 as a bearer, and never 5xx', async () => {
    const good = await inlineToken();
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    });
    const segment = fc.oneof(
      visible,
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
      fc.json({ maxDepth: 3 }).map((json) => Buffer.from(json).toString('base64url')),
      fc.constantFrom(...good.split('.')),
    );
    const value = fc.oneof(
      visible,
      fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.')),
      fc
        .tuple(fc.nat(good.length - 1), fc.integer({ min: 0x21, max: 0x7e }))
        .map(([at, code]) => good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1)),
    );
    await fc.assert(
      fc.asyncProperty(value, async (text) => {
        const response = await whoami(text);
        if (text === good) return;
        expect([400, 401]).toContain(response.status);
      }),
      { numRuns: RUNS },
    );
  });
});

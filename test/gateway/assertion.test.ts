import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';

const GATE = 'https://app.example.test';

describe('the assertion, from the gate to an origin', async () => {
  const origin = await forAllTests(startNodeOrigin());
  const gate = await gateForAllTests({
    origin,
    vars: {
      ASSERTION_KEYS: JSON.stringify({
        keys: [await newKey('ES256', 'first'), await newKey('Ed25519', 'second')],
      }),
      FORWARD_AUTH_SECRETS: ['a-secret-that-a-proxy-proves-itself-with'],
      ASSERTION_CLAIMS: { email: 'identity.traits.email' },
      RULES: [{ path: '/open/*', session: 'none' }],
    },
  });
  const { cookie, session } = await gate.kratos.createSession({
    traits: { email: 'ann@example.com' },
  });
  const identityId = session.identity.id;

  async function newKey(alg: string, kid: string) {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...(await exportJWK(privateKey)), kid };
  }

  async function assertionSent(target: string, headers: Record<string, string>) {
    origin.take();
    await get(gate.port, target, headers);
    return origin.take()[0]?.headers.find(([name]) => /^x-session-assertion$/i.test(name))?.[1];
  }

  it('publishes only the public halves of all keys', async () => {
    const answer = await get(gate.port, '/.postern/jwks.json');
    expect([answer.status, header(answer, 'content-type')]).toEqual([
      200,
      'application/jwk-set+json',
    ]);
    const { keys } = JSON.parse(answer.text);
    expect(keys.map(({ kid, alg, use, d }: Record<string, string>) => [kid, alg, use, d])).toEqual([
      ['first', 'ES256', 'sig', undefined],
      ['second', 'EdDSA', 'sig', undefined],
    ]);
  });

  it('is sent for a signed-in user only, and never taken from a client', async () => {
    expect(await assertionSent('/in', { Cookie: cookie })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await assertionSent('/open/x', { 'X-Session-Assertion': 'a.b.c' })).toBeUndefined();
    expect(await assertionSent('/in', { Cookie: cookie, X_Session_Assertion: 'a.b.c' })).not.toBe(
      'a.b.c',
    );
  });

  it('is reused for several requests', async () => {
    const first = await assertionSent('/in', { Cookie: cookie });
    expect(await assertionSent('/in', { Cookie: cookie })).toBe(first);
  });

  it('names the site’s public origin as audience for another proxy', async () => {
    const secret = 'a-secret-that-a-proxy-proves-itself-with';
    const asked = {
      'Postern-Proxy-Secret': secret,
      'X-Original-URL': `${GATE}/in`,
      'X-Original-Method': 'GET',
      Cookie: cookie,
    };
    const answer = await get(gate.port, '/.postern/auth/nginx', asked);
    const assertion = header(answer, 'x-session-assertion') ?? '';
    expect(decodeJwt(assertion)).toMatchObject({ iss: GATE, aud: GATE, sub: identityId });
  });

  it('H14: the snippet of docs/assertion.md accepts a genuine assertion and refuses a forged one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-snippet-'));
    try {
      const page = readFileSync(inRepository('docs/assertion.md'), 'utf8');
      const snippet = /run by the tests. -->\n```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
      symlinkSync(inRepository('node_modules'), join(folder, 'node_modules'));
      const here = snippet
        .replace(
          "new URL('/.postern/jwks.json', GATE)",
          `new URL('http://127.0.0.1:${gate.port}/.postern/jwks.json')`,
        )
        .replace('https://app.example.com', GATE)
        .replace('https://origin.example.com', origin.url);
      writeFileSync(
        join(folder, 'verify.mjs'),
        `${here}
        for (const assertion of process.argv.slice(2)) {
          const said = await verifyAssertion({ headers: { 'x-session-assertion': assertion } }).catch((error) => error.code);
          console.log(JSON.stringify(said));
        }`,
      );
      const good = (await assertionSent('/in', { Cookie: cookie })) ?? '';
      const [head, body, signature = ''] = good.split('.');
      const other = JSON.parse(Buffer.from(body ?? '', 'base64url').toString());
      const forged = [
        head,
        Buffer.from(JSON.stringify({ ...other, sub: 'somebody-else' })).toString('base64url'),
        signature,
      ].join('.');
      const { stdout } = await promisify(execFile)(process.execPath, [
        join(folder, 'verify.mjs'),
        good,
        forged,
        'x',
      ]);
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual([
        { identityId, sessionId: other.sid },
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        'ERR_JWS_INVALID',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

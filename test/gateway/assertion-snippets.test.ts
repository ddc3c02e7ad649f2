import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, describe, expect, it } from 'vitest';
import { codeOf, readPage } from '../docs/pages.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header } from '../support/raw-http.ts';
import { ask, SECRET } from './proxy-questions.ts';

const PAGE = readPage('docs/assertion.md');
const GATE = 'https://app.example.test';
const GO_MODULES = {
  'github.com/lestrrat-go/httprc/v3': 'v3.0.6',
  'github.com/lestrrat-go/jwx/v3': 'v3.4.0',
};

const go = spawnSync('go', ['version'], { encoding: 'utf8' }).stdout ?? '';

/^(\d+\.\d+)/.exec(spawnSync('njs', ['-v'], { encoding: 'utf8' }).stdout ?? '') ?? [];
const njs = spawnSync('njs', ['-v'], { encoding: 'utf8' }).stdout ?? '';
const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(njs) ?? [];
const hasNjs = Number(major) > 0 || Number(minor) >= 8;

const folder = mkdtempSync(join(tmpdir(), 'postern-snippets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' };
const gate = await gateForAllTests({
  vars: { FORWARD_AUTH_SECRETS: [SECRET], ASSERTION_KEYS: JSON.stringify({ keys: [key] }) },
});
const { cookie, session } = await gate.kratos.createSession();
const identityId = session.identity.id;
const good =
  header(await ask(gate.port, 'nginx', '/in', { Cookie: cookie }), 'x-session-assertion') ?? '';
/** Assertions of the gate first, then forged ones. */
const assertions = [good, ...(await wrongOnes(good))];

/** Each is wrong in one thing. All but the first two are signed with the gate's own key. */
async function wrongOnes(good: string): Promise<string[]> {
  const claims = decodeJwt(good);
  const [head = '', , signature = ''] = good.split('.');
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'somebody-else' })).toString(
    'base64url',
  );
  const signed = (changed: object, protectedHeader: object = {}) =>
    new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({
        alg: 'ES256',
        kid: 'k1',
        typ: 'session-assertion+jwt',
        ...protectedHeader,
      })
      .sign(privateKey);
  return [
    `${head}.${forged}.${signature}`,
    'x',
    await signed({}, { typ: 'JWT' }),
    await signed({ iss: 'https://evil.example' }),
    await signed({ aud: 'https://elsewhere.example' }),
    await signed({ exp: 1 }),
  ];
}

describe('the snippets of docs/assertion.md', () => {
  it.skipIf(go === '')(
    go === '' ? 'skipped: go is not installed' : 'H14: in Go takes ours and refuses all others',
    { timeout: 300_000 },
    ({ skip }) => {
      const [snippet = ''] = codeOf(PAGE, 'go');
      const placed = snippet
        .replace('"https://app.example.com"', JSON.stringify(GATE))
        .replace('"https://origin.example.com"', JSON.stringify(GATE))
        .replaceAll('gate+"/.postern', `"${gate.url}/.postern`);
      const main = `
func main() {
	verify, err := newVerifier(context.Background())
	if err != nil { panic(err) }
	for _, assertion := range os.Args[1:] {
		identity, err := verify(&http.Request{Header: http.Header{"X-Session-Assertion": {assertion}}})
		fmt.Println(identity, err == nil)
	}
}
`;
      const imports = placed.replace('import (', 'import (\n"fmt"\n"os"');
      writeFileSync(join(folder, 'main.go'), `package main\n${imports}${main}`);
      const required = Object.entries(GO_MODULES).map(
        ([name, version]) => `require ${name} ${version}\n`,
      );
      writeFileSync(
        join(folder, 'go.mod'),
        `module example.test/verify\ngo 1.24\n${required.join('')}`,
      );
      const run = (...parameters: string[]) =>
        spawnSync('go', parameters, {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, GOFLAGS: '-mod=mod' },
        });
      const fetched = run('mod', 'download');
      if (fetched.status !== 0) skip('its Go modules could not be fetched');
      const { stdout, stderr } = run('run', '.', ...assertions);
      expect([stderr, stdout.trim().split('\n')]).toEqual([
        expect.anything(),
        [`${identityId} true`, ...assertions.slice(1).map(() => ' false')],
      ]);
    },
  );

  it.skipIf(!hasNjs)(
    hasNjs
      ? 'H14: in njs takes ours and refuses all others'
      : 'skipped: njs 0.8 or later is not on the PATH (Debian 12 has 0.7.9)',
    () => {
      const [snippet = ''] = codeOf(PAGE, 'js').filter((code) => code.includes('headersIn'));
      const { x = '', y = '' } = privateKey.export({ format: 'jwk' });
      const placed = snippet
        .replace("x: '…'", `x: '${x}'`)
        .replace("y: '…'", `y: '${y}'`)
        .replace('https://app.example.com', GATE)
        .replace('https://origin.example.com', GATE)
        .replace('export default { verify };', '');
      const run = `
async function run(all) {
  for (let i = 0; i < all.length; i++) {
    await verify({ headersIn: { 'X-Session-Assertion': all[i] }, return: (status) => console.log(status) });
  }
}
run(${JSON.stringify(assertions)});
`;
      writeFileSync(join(folder, 'assertion.js'), placed + run);
      const printed = execFileSync('njs', [join(folder, 'assertion.js')], { encoding: 'utf8' });
      expect(printed.trim().split('\n')).toEqual(['204', ...assertions.slice(1).map(() => '401')]);
    },
  );
});

import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { get, headerValues } from '../support/raw-http.ts';
import { startWireOrigin } from '../support/wire-origin.ts';

const ISSUER = {
  issuer: 'https://issuer.example.test/',
  preset: 'kratos',
  audience: 'postern',
  algorithms: ['ES256'],
  jwks_url: 'https://issuer.example.test/keys',
};

const origin = await forAllTests(startWireOrigin());
const gate = await gateForAllTests({
  vars: {
    RULES: [{ path: '/open/*', session: 'none' }],
    ISSUERS: [ISSUER],
    TOKEN_COOKIE_NAMES: ['app_token'],
  },
  origin,
});

async function setBy(...lines: string[]): Promise<string[]> {
  const fields = lines.map((line) => `Set-Cookie: ${line}\r\n`).join('');
  origin.answer(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${fields}\r\n`);
  return headerValues(await get(gate.port, '/open/x'), 'set-cookie');
}

describe('a cookie of the origin that would return as the session cookie', () => {
  it.each([
    '=ory_kratos_session=evil',
    '= ory_kratos_session=evil; Path=/',
    '==ory_kratos_session=evil',
    '=ory_kratos_session',
    'ory_kratos_session',
    '=__Host-ory_kratos_session=evil; Secure',
    '=ORY-kratos.session=evil',
    '=app_token=evil',
    '=__Host-postern-turns=9',
    'theme=dark,ory_kratos_session=evil',
    'theme=dark, ory_kratos_session=evil; Path=/',
    'theme=dark ,\tory_kratos_session =evil',
    'theme,ory_kratos_session=evil',
    'theme=a,b,app_token=evil',
    '=theme, ory_kratos_session=evil',
    'theme="dark, ory_kratos_session=evil"',
  ])('O8: %s is removed, and the others stay', async (line) => {
    expect(await setBy('a=1; Path=/', line, 'b=x,y; HttpOnly')).toEqual([
      'a=1; Path=/',
      'b=x,y; HttpOnly',
    ]);
  });
});

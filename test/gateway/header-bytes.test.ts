import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { DEFAULT_HOST, headerValues, rawRequest } from '../support/raw-http.ts';
import { startWireOrigin, valuesOf } from '../support/wire-origin.ts';

/** "München" in Latin-1 and in UTF-8, and bytes in no encoding: one character per byte. */
const VALUES = {
  latin1: 'M\xfcnchen',
  utf8: 'M\xc3\xbcnchen',
  surrogate: 'a\xed\xa0\x80b',
  overlong: 'a\xc0\xafb',
};
/** U+FFFD in UTF-8, which the platform puts in place of a byte that is not UTF-8. */
const REPLACED = '\xef\xbf\xbd';
const RULES = [
  { path: '/open/*', session: 'none' },
  { path: '/maybe/*', session: 'optional' },
  { path: '/cut/*', session: 'required', cut_streams: true },
];

const origin = await forAllTests(startWireOrigin());
const gate = await gateForAllTests({
  vars: { RULES },
  origin,
});
const alice = await gate.kratos.createSession();
beforeEach(() => void origin.take());

function send(target: string, fields: readonly string[]) {
  return rawRequest(gate.port, [`GET ${target} HTTP/1.1`, `Host: ${DEFAULT_HOST}`, ...fields]);
}

/** Ways to be let in, each with its path. */
const ways = () =>
  [
    ['/open/x', []],
    ['/maybe/x', []],
    ['/maybe/x', [`X-Session-Token: ${alice.token}`]],
    ['/x', [`Authorization: Bearer ${alice.token}`]],
    ['/cut/x', [`X-Session-Token: ${alice.token}`]],
  ] as const;

describe.each(Object.entries(VALUES))('bytes of a header (%s)', (_, value) => {
  it('O9: reach the client unchanged from the site', async () => {
    const fields = [
      ['Set-Cookie', `town=${value}; Path=/`],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', `b=${value}`],
      ['ETag', `"${value}"`],
      ['Location', `/${value}`],
      ['Content-Disposition', `attachment; filename="${value}.txt"`],
      ['Link', `</${value}>; rel=next`],
      ['X-Town', value],
    ] as const;
    const lines = fields.map(([name, text]) => `${name}: ${text}\r\n`).join('');
    origin.answer(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${lines}\r\nok`);
    for (const [target, credential] of ways()) {
      const answer = await send(target, credential);
      expect(answer.status).toBe(200);
      for (const name of new Set(fields.map(([name]) => name))) {
        const sent = fields.flatMap(([key, text]) => (key === name ? [text] : []));
        expect([target, name, headerValues(answer, name)]).toEqual([target, name, sent]);
      }
    }
  });

  it('O9: reach the site unchanged from the client', async () => {
    const fields = { Cookie: `town=${value}; a=1`, 'X-Town': value, Referer: `/${value}` };
    const lines = Object.entries(fields).map(([name, text]) => `${name}: ${text}`);
    for (const [target, credential] of ways()) {
      expect((await send(target, [...lines, ...credential])).status).toBe(200);
      const [arrived = ''] = origin.take();
      for (const [name, text] of Object.entries(fields)) {
        expect([target, name, valuesOf(arrived, name.toLowerCase())]).toEqual([
          target,
          name,
          [text],
        ]);
      }
    }
  });
});

describe('bytes that the platform cannot pass', () => {
  it('O9: a cookie that is not UTF-8 arrives with replaced characters beside a removed cookie', async () => {
    const cookie = `town=${VALUES.latin1}; place=${VALUES.utf8}`;
    expect((await send('/x', [`Cookie: ${cookie}; ${alice.cookie}`])).status).toBe(200);
    const [arrived = ''] = origin.take();
    const expected = `town=M${REPLACED}nchen; place=${VALUES.utf8}`;
    expect(valuesOf(arrived, 'cookie')).toEqual([expected]);
  });

  it('O9: a cookie of the site arrives with replaced characters beside a reserved cookie', async () => {
    const cookies = [`town=${VALUES.latin1}`, `place=${VALUES.utf8}`, 'ory_kratos_session=evil'];
    const lines = cookies.map((cookie) => `Set-Cookie: ${cookie}\r\n`).join('');
    origin.answer(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${lines}\r\n`);
    expect(headerValues(await send('/open/x', []), 'set-cookie')).toEqual([
      `town=M${REPLACED}nchen`,
      `place=${VALUES.utf8}`,
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { readComplaints, readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, type RawHeaders } from '../support/raw-http.ts';

const COOKIE = 'ory_kratos_session';
const TARGETS = ['/sessions/whoami', '/site'];
const KIB = 1024;

/** Each carrier of a credential, holding this value. */
const CARRIERS: Readonly<Record<string, (value: string) => RawHeaders>> = {
  'X-Session-Token': (value) => ({ 'X-Session-Token': value }),
  Cookie: (value) => ({ Cookie: `a=b; ${COOKIE}=${value}; c=d` }),
  Bearer: (value) => ({ Authorization: `Bearer ${value}` }),
};

const gate = await gateForAllTests({
  kv: 'faulty',
  vars: { RULES: [{ path: '/either', session: 'optional' }] },
});

/** Expects after every hostile request: no call, no stored value, no exception. */
async function expectQuiet(): Promise<void> {
  expect((await gate.kratos.calls()).counts).toEqual({});
  expect((await gate.origin.calls()).counts).toEqual({});
  expect(await gate.kv.calls()).toEqual([]);
  expect(await readComplaints(gate)).toEqual([]);
}

/** Asks whoami and a gated page alike, and says what both answered. */
async function answers(headers: RawHeaders): Promise<string[]> {
  const responses = await Promise.all(TARGETS.map((target) => get(gate.port, target, headers)));
  return responses.map(describeAnswer);
}

function describeAnswer(response: RawResponse): string {
  const reason = header(response, 'postern-reason');
  if (reason === undefined) return `${response.status} by the runtime: ${response.text.trim()}`;
  expect(header(response, 'cache-control')).toBe('private, no-store');
  expect(JSON.parse(response.text).error.code).toBe(response.status);
  return `${response.status} ${reason}`;
}

const both = (answer: string) => TARGETS.map(() => answer);

describe.each(Object.entries(CARRIERS))('a credential in %s', (_, carry) => {
  it.each([
    ['empty', '', 'credential_missing'],
    ['white space', '  ', 'credential_missing'],
    ['15 characters', 'a'.repeat(15), 'credential_malformed'],
    ['4,097 characters', 'a'.repeat(4097), 'credential_malformed'],
    ['64 KiB', 'a'.repeat(64 * KIB), 'credential_malformed'],
    ['64 KiB of dots', '.'.repeat(64 * KIB), 'credential_malformed'],
    ['UTF-8', '\xc3\xa9'.repeat(20), 'credential_malformed'],
    ['bytes that are no UTF-8', '\xe9'.repeat(20), 'credential_malformed'],
    ['a control character', `${'a'.repeat(20)}\x01`, 'credential_malformed'],
    ['DEL', `${'a'.repeat(20)}\x7f`, 'credential_malformed'],
    ['a tab', `${'a'.repeat(20)}\tb`, 'credential_malformed'],
    ['a space', `${'a'.repeat(20)} b`, 'credential_malformed'],
    ['a quoted string in quotes', `""${'a'.repeat(20)}""`, 'credential_malformed'],
    ['half a quoted string', `"${'a'.repeat(20)}`, 'credential_malformed'],
    ['a backslash', `${'a'.repeat(20)}\\`, 'credential_malformed'],
  ])('that is %s is refused without a call', async (_, value, reason) => {
    expect(await answers(carry(value))).toEqual(both(`401 ${reason}`));
    await expectQuiet();
  });

  it('that is 1 MiB, or holds NUL, gets the runtime’s own answer and does not reach the gate', async () => {
    gate.clearLogs();
    const large = await answers(carry('a'.repeat(KIB * KIB)));
    expect(large).toEqual(both('431 by the runtime: message head is too large'));
    const nul = await answers(carry(`${'a'.repeat(20)}\0`));
    expect(nul).toEqual(both('400 by the runtime: invalid HTTP header parsed'));
    expect(await readDecisions(gate)).toEqual([]);
    await expectQuiet();
  });
});

it.each(['X-Session-Token', 'Bearer'])('a list in %s is refused', async (carrier) => {
  const value = `${'a'.repeat(20)}, ${'b'.repeat(20)}`;
  const headers = CARRIERS[carrier]?.(value) ?? {};
  expect(await answers(headers)).toEqual(both('400 credential_conflicting'));
  await expectQuiet();
});

describe('a Cookie header', () => {
  it.each([
    ['only ";"', ';'],
    ['thousands of ";"', ';'.repeat(5000)],
    ['64 KiB of ";"', ';'.repeat(64 * KIB)],
    ['64 KiB of "="', '='.repeat(64 * KIB)],
    ['64 KiB of "=;"', '=;'.repeat(32 * KIB)],
    ['64 KiB of spaces between two letters', `a${' '.repeat(64 * KIB)}b`],
    ['64 KiB of spaces before a name', `${' '.repeat(64 * KIB)}${COOKIE}`],
    ['500 cookies of other names', pairs(500, (index) => `c${index}`)],
    ['64 KiB of name', `${'n'.repeat(64 * KIB)}=v`],
    ['an empty session cookie 500 times', pairs(500, () => COOKIE, '')],
    [
      'names that only resemble the session’s',
      `${COOKIE.toUpperCase()}=${'v'.repeat(20)}; ${COOKIE}x=${'v'.repeat(20)}; __Host-${COOKIE}=${'v'.repeat(20)}; \xa0${COOKIE}=${'v'.repeat(20)}`,
    ],
  ])('of %s contains no credential', async (_, cookie) => {
    expect(await answers({ Cookie: cookie })).toEqual(both('401 credential_missing'));
    await expectQuiet();
  });

  it('of 500 different session cookies is refused', async () => {
    const cookie = Array.from({ length: 500 }, (_, i) => `${COOKIE}=${'v'.repeat(20)}${i}`).join(
      '; ',
    );
    expect(await answers({ Cookie: cookie })).toEqual(both('401 credential_ambiguous'));
    await expectQuiet();
  });

  it('of 500 malformed session cookies is refused', async () => {
    expect(await answers({ Cookie: pairs(500, () => COOKIE) })).toEqual(
      both('401 credential_malformed'),
    );
    await expectQuiet();
  });

  it('in more lines than allowed is refused', async () => {
    const lines = Array.from({ length: 4 }, (_, index) => {
      return ['Cookie', `${COOKIE}=${'v'.repeat(20)}${index}`] as const;
    });
    expect(await answers(lines)).toEqual(both('401 credential_ambiguous'));
    await expectQuiet();
  });
});

describe('an Authorization header', () => {
  it.each([
    ['64 KiB of spaces', `Bearer${' '.repeat(64 * KIB)}`, 'credential_missing'],
    ['64 KiB of spaces before a token', `Bearer${' '.repeat(64 * KIB)}x`, 'credential_malformed'],
    ['64 KiB of another scheme', `Basic ${'a'.repeat(64 * KIB)}`, 'credential_missing'],
    ['a scheme that only begins like it', `Bearerx ${'a'.repeat(20)}`, 'credential_missing'],
    ['a scheme alone', 'Bearer', 'credential_missing'],
  ])('of %s is refused', async (_, value, reason) => {
    expect(await answers({ Authorization: value })).toEqual(both(`401 ${reason}`));
    await expectQuiet();
  });
});

it('a hostile credential on an optional path is anonymous and causes no call', async () => {
  const values = ['', 'a'.repeat(15), 'a'.repeat(64 * KIB), '\xc3\xa9'.repeat(20)];
  for (const carrier of ['X-Session-Token', 'Cookie']) {
    for (const value of values)
      expect((await get(gate.port, '/either', CARRIERS[carrier]?.(value))).status).toBe(200);
  }
  const { requests } = await gate.origin.calls();
  expect(requests.filter(({ headers }) => headers.some(([, v]) => v.includes('aaaa')))).toEqual([]);
  // A bearer that can be no credential here is the site's own, and is forwarded as far as it fits.
  for (const value of values) {
    const { status } = await get(gate.port, '/either', CARRIERS.Bearer?.(value));
    expect(status).toBe(value.length < 64 * KIB ? 200 : 431);
  }
  expect((await gate.kratos.calls()).counts).toEqual({});
  expect(await gate.kv.calls()).toEqual([]);
  expect(await readComplaints(gate)).toEqual([]);
});

function pairs(count: number, name: (index: number) => string, value = 'v'): string {
  return Array.from({ length: count }, (_, index) => `${name(index)}=${value}`).join('; ');
}

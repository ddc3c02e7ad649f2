import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { sessionIdOf, whoami } from './whoami-requests.ts';

const NAME = 'ory_kratos_session';

const gate = await gateForAllTests();
const ann = await gate.kratos.createSession();

describe('T9: a Cookie header is read according to RFC 6265', () => {
  // Of each: the header, with S for the session's pair and V for its value; whether the session is found in it.
  const CASES: [string, boolean][] = [
    ['S', true],
    ['S;', true],
    [';S', true],
    ['; ; ;S; ;', true],
    ['a=1;S', true],
    ['a=1; S; b=2', true],
    ['a; S', true],
    ['=; S', true],
    ['=x; S', true],
    ['a=b=c; S', true],
    ['a="x;S', true],
    ['a="x; y"; S', true],
    ['\t S \t', true],
    ['N =V', true],
    ['N= V', true],
    ['$Version=1; S; $Path=/', true],
    ['a=\xc3\xa9; S', true],
    ['a=\x01; S', true],
    ['S; S', true],
    ['N=; S', true],
    ['S; N=', true],
    ['N; S', true],
    ['N="V"', true],
    ['a=1;N="V";b="2"', true],
    ['', false],
    [';', false],
    [';'.repeat(5000), false],
    ['=V', false],
    ['N', false],
    ['N=', false],
    ['N="V', false],
    ['N=""V""', false],
    ['n=N=V', false],
    ['xN=V', false],
    ['N\x00=V', false],
    ['V=N', false],
    ['a=1&S', false],
  ];
  it.each(CASES)('T9: %j', async (pattern, isFound) => {
    const value = ann.cookie.slice(NAME.length + 1);
    const Cookie = pattern.replace(/[SNV]/g, (letter) =>
      letter === 'S' ? ann.cookie : letter === 'N' ? NAME : value,
    );
    const answer = await whoami(gate.port, { Cookie });
    expect(sessionIdOf(answer)).toBe(isFound ? ann.id : undefined);
    expect([200, 400, 401]).toContain(answer.status);
  });

  it('T9: five hundred cookies are read', async () => {
    const others = Array.from({ length: 499 }, (_, index) => `c${index}=${index}`).join('; ');
    expect(sessionIdOf(await whoami(gate.port, { Cookie: `${others}; ${ann.cookie}` }))).toBe(
      ann.id,
    );
  });
});

import { expect, it } from 'vitest';
import { isSignedOut, issuedSessionCookie } from '../../src/session-api/flow-effects.ts';

function answer(setCookie: string): Response {
  return new Response(null, { headers: { 'set-cookie': setCookie } });
}

it('T10: a session cookie that is issued in quotes is the credential that its client presents', () => {
  expect(issuedSessionCookie(answer('s="V="; Path=/'), ['s'])).toEqual({
    carrier: { kind: 'cookie', cookieName: 's' },
    value: 'V=',
  });
  expect(isSignedOut(answer('s=""; Path=/'), ['s'])).toBe(true);
});

import { expect, it } from 'vitest';
import { isSignedOut, readIssuedSession } from '../../../src/routes/self-service/issued-session.ts';

function answer(setCookie: string): Response {
  return new Response(null, { headers: { 'set-cookie': setCookie } });
}

it('T10: a session cookie that is issued in quotes is the credential that its client sends', async () => {
  const issued = await readIssuedSession(answer('s="V="; Path=/'), {
    callers: { cookieNames: ['s'] },
  });
  expect(issued?.credential).toEqual({
    carrier: { kind: 'cookie', cookieName: 's' },
    value: 'V=',
  });
  expect(isSignedOut(answer('s=""; Path=/'), ['s'])).toBe(true);
});

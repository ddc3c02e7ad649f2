/** `/cookies`: several cookies, one of them an attempt to replace the session for a parent domain. */
export function setCookies(): Response {
  const answer = new Response('cookies\n');
  for (const cookie of [
    'theme=dark; Path=/; SameSite=Lax',
    'basket=3; Path=/; HttpOnly; Secure; Expires=Wed, 21 Oct 2037 07:28:00 GMT',
    'ory_kratos_session=evil; Domain=.example.com; Path=/',
  ]) {
    answer.headers.append('Set-Cookie', cookie);
  }
  return answer;
}

/** `/hop`: a header named in `Connection` belongs to this hop, and an identity is not the origin's to say. */
export function hopByHop(): Response {
  return new Response('hop\n', {
    headers: { Connection: 'X-Internal', 'X-Internal': 'secret', 'X-User-Id': 'spoofed' },
  });
}

/** `/status/{code}`: that status, 400 for what is none a Worker can send. */
export function answerStatus(code: string): Response {
  const status = Number(code);
  if (!/^[2-5]\d\d$/.test(code)) return new Response('no such status\n', { status: 400 });
  const bodiless = status === 204 || status === 205 || status === 304;
  return new Response(bodiless ? null : `status ${status}\n`, { status });
}

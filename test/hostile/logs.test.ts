import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { ODD_STRINGS } from '../support/hostile-input/odd-strings.ts';
import { type RawHeaders, request } from '../support/raw-http.ts';

/** Long enough for any credential, and recognizable in any output. */
const CANARY = 'canaryCANARYcanary0123456789canary';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const gate = await gateForAllTests({
  vars: {
    ADMIN_SECRETS: [`admin${CANARY}`],
    FORWARD_AUTH_SECRETS: [`proxy${CANARY}`],
    WEBHOOK_API_KEYS: [`hook${CANARY}`],
    KRATOS_ADMIN_URL: 'https://kratos.example.test',
    SELF_SERVICE: true,
    ISSUERS: [
      {
        issuer: 'https://kratos.example.test/',
        preset: 'kratos',
        audience: 'postern',
        algorithms: ['ES256'],
        jwks_url: 'https://unreachable.invalid/jwks.json',
      },
    ],
  },

  bindings: { KRATOS_ADMIN: { type: 'worker', worker: 'kratos' } },
});

function jwt(): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, '');
  const head = part({ alg: 'ES256', kid: 'k', typ: 'JWT' });
  return `${head}.${part({ iss: 'https://kratos.example.test/', sub: CANARY })}.${CANARY}`;
}

async function linesOf(requests: readonly (readonly [string, RawHeaders])[]): Promise<string[]> {
  gate.clearLogs();
  for (const [target, headers] of requests) {
    for (const method of ['GET', 'POST']) {
      await request(gate.port, { method, target, headers });
    }
  }
  return gate.logs();
}

describe('the decision log', () => {
  it('L1, L5: has no credential, secret or query, for any outcome of the request', async () => {
    await gate.kratos.createSession({ token: `ory_st_${CANARY}` });
    const presented: RawHeaders[] = [
      { 'X-Session-Token': `ory_st_${CANARY}` },
      { 'X-Session-Token': `x${CANARY}` },
      { Cookie: `ory_kratos_session=${CANARY}` },
      { Cookie: `ory_kratos_session=${CANARY}; ory_kratos_session=other${CANARY}` },
      { Authorization: `Bearer ${CANARY}` },
      { Authorization: `Bearer ${jwt()}` },
      { Authorization: `Basic ${CANARY}` },
      { Authorization: `Bearer admin${CANARY}` },
      { Authorization: `Bearer hook${CANARY}` },
      { 'Postern-Proxy-Secret': `proxy${CANARY}`, 'X-Original-URL': `https://x.test/?${CANARY}` },
    ];
    const targets = [
      `/in?token=${CANARY}`,
      `/a//b?token=${CANARY}`,
      `/sessions/whoami?tokenize_as=${CANARY}`,
      '/sessions',
      '/admin/sessions',
      '/self-service/login/api',
      '/.postern/events/webhook',
      '/.postern/auth/nginx',
    ];
    const requests = targets.flatMap((target) =>
      presented.flatMap((headers) => [
        [target, headers] as const,
        [target, { ...headers, ...PAGE }] as const,
      ]),
    );
    const lines = await linesOf(requests);
    expect(lines.length).toBeGreaterThan(requests.length);
    expect(lines.filter((line) => line.includes(CANARY))).toEqual([]);
  });

  it('L2: has one line of JSON for each request, for any path and headers', async () => {
    const texts = ODD_STRINGS.map((bytes) => encodeURIComponent(new TextDecoder().decode(bytes)));
    gate.clearLogs();
    for (const text of texts.filter((each) => each.length < 2000)) {
      await request(gate.port, {
        method: 'GET',
        target: `/x/${text}`,
        headers: { 'User-Agent': text, Referer: text },
      });
    }
    const lines = await gate.logs();
    expect(lines.length).toBeGreaterThan(400);
    for (const line of lines) {
      expect(JSON.parse(line)).toHaveProperty('event');
      expect(line).toMatch(/^[^\p{Cc}]*$/u);
    }
  });
});

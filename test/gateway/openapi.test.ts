import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { header, request } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';

interface Documented {
  readonly content?: Readonly<Record<string, { readonly schema?: { readonly $ref: string } }>>;
}

const document = JSON.parse(readFileSync(inRepository('docs/openapi.json'), 'utf8'));
const ajv = new Ajv2020({ strict: true, validateFormats: false, keywords: ['components'] });
ajv.addSchema({ $id: 'openapi', components: document.components }, 'openapi');

const SECRET = 'an-admin-secret-of-32-characters-or-more';
let zone = '';
const gate = await gateForAllTests({
  vars: ({ kratos, keycard }) => {
    zone = keycard;
    return {
      SELF_SERVICE: true,
      KRATOS_ADMIN_URL: kratos,
      ADMIN_SECRETS: [SECRET],
      FORWARD_AUTH_SECRETS: [SECRET],
      WEBHOOK_API_KEYS: [`${SECRET}-webhook`],
      ISSUERS: [
        {
          issuer: zone,
          preset: 'keycard',
          audience: 'https://app.example.test',
          algorithms: ['RS256'],
          discovery: true,
        },
      ],
    };
  },
});
const { token, cookie } = await gate.kratos.createSession();
await gate.kratos.createSession();

const SIGNED_IN = { 'X-Session-Token': token };
const ADMIN = { Authorization: `Bearer ${SECRET}` };

/** The problems of an answer: what the document does not say of it. */
function problemsOf(route: string, answer: RawResponse): string[] {
  const [method = '', path = ''] = route.split(' ');
  const { responses } = document.paths[path][method.toLowerCase()];
  const range = `${String(answer.status)[0]}XX`;
  const documented: Documented | undefined = responses[answer.status] ?? responses[range];
  if (documented === undefined) return [`status ${answer.status} is not documented`];
  const type = (header(answer, 'content-type') ?? '').split(';')[0] ?? '';
  if (answer.text === '') return [];
  const content = documented.content?.[type];
  if (content === undefined) return [`${type} is not documented for ${answer.status}`];
  if (content.schema === undefined) return [];
  const validate = ajv.getSchema(`openapi${content.schema.$ref}`);
  if (validate === undefined) return [`no schema ${content.schema.$ref}`];
  validate(JSON.parse(answer.text));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

const BROWSER = { Cookie: cookie, Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };

it.each<readonly [route: string, target: string, status: number, headers: Record<string, string>]>([
  ['GET /sessions/whoami', '/sessions/whoami', 200, SIGNED_IN],
  ['GET /sessions/whoami', '/sessions/whoami', 401, {}],
  ['GET /sessions/whoami', '/sessions/whoami?tokenize_as=unknown', 400, SIGNED_IN],
  ['GET /.postern/health/alive', '/.postern/health/alive', 200, {}],
  ['GET /.postern/health/ready', '/.postern/health/ready', 200, {}],
  ['GET /.postern/jwks.json', '/.postern/jwks.json', 200, {}],
  ['GET /.postern/sessions', '/.postern/sessions', 200, BROWSER],
  ['GET /.postern/sign-out', '/.postern/sign-out', 200, BROWSER],
  ['GET /.postern/status', '/.postern/status', 401, {}],
  ['GET /.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource', 200, {}],
  [
    'GET /.well-known/oauth-protected-resource/{resource}',
    '/.well-known/oauth-protected-resource/api',
    404,
    {},
  ],
  [
    'GET /.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server',
    200,
    {},
  ],
  [
    'GET /.well-known/oauth-authorization-server/{resource}',
    '/.well-known/oauth-authorization-server/api',
    404,
    {},
  ],
  ['POST /.postern/events/webhook', '/.postern/events/webhook', 401, {}],
  ['GET /.postern/auth/{request}', '/.postern/auth/nginx', 401, {}],
  ['GET /sessions', '/sessions', 200, SIGNED_IN],
  ['GET /sessions', '/sessions', 401, {}],
  ['GET /admin/sessions', '/admin/sessions', 200, ADMIN],
  ['GET /admin/sessions', '/admin/sessions', 401, {}],
  ['GET /self-service/login/api', '/self-service/login/api', 200, {}],
  ['DELETE /sessions', '/sessions', 200, SIGNED_IN],
])('%s answers %s as docs/openapi.json says: %i', async (route, target, status, headers) => {
  const [method = ''] = route.split(' ');
  const answer = await request(gate.port, { method, target, headers });
  expect([answer.status, problemsOf(route, answer)]).toEqual([status, []]);
});

it('a failing readiness is as docs/openapi.json says', async () => {
  await gate.kratos.control({ databaseFailing: true });
  await gate.clock.advance(6000);
  const answer = await request(gate.port, { target: '/.postern/health/ready' });
  expect([answer.status, problemsOf('GET /.postern/health/ready', answer)]).toEqual([503, []]);
});

it('control: an answer that differs from the schema is found', async () => {
  await gate.kratos.reset();
  const answer = await request(gate.port, { target: '/.postern/health/alive' });
  const changed = { ...answer, text: '{"status":"fine"}' };
  expect(problemsOf('GET /.postern/health/alive', changed)).not.toEqual([]);
});

import { goJson } from './answers.ts';
import { herodotError } from './herodot-error.ts';
import { pageByNumber } from './paging.ts';
import type { KratosContext } from './public-url.ts';

const DEFAULT_SCHEMA_ID = 'default';

/** The schema of every identity here: an address to sign in by, to verify and to recover by, and a name. */
const PERSON_SCHEMA = {
  $id: 'https://schemas.example/person.json',
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Person',
  type: 'object',
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: {
          type: 'string',
          format: 'email',
          title: 'E-Mail',
          minLength: 3,
          'ory.sh/kratos': {
            credentials: { password: { identifier: true }, totp: { account_name: true } },
            verification: { via: 'email' },
            recovery: { via: 'email' },
          },
        },
        name: {
          type: 'object',
          title: 'Name',
          properties: { first: { type: 'string' }, last: { type: 'string' } },
        },
      },
      required: ['email'],
      additionalProperties: false,
    },
  },
};

/** `GET /schemas` (`schema/handler.go`) */
export function listSchemas(c: KratosContext): Response {
  const page = pageByNumber(c, [{ id: DEFAULT_SCHEMA_ID, schema: PERSON_SCHEMA }]);
  return goJson(page.items, 200, page.headers);
}

/** `GET /schemas/{id}`: by its name, or by base64url of its name, as `schema_url` has it. */
export function readSchema(c: KratosContext): Response {
  const id = c.req.param('id') ?? '';
  if (id === DEFAULT_SCHEMA_ID || id === btoa(DEFAULT_SCHEMA_ID).replace(/=+$/, ''))
    return goJson(PERSON_SCHEMA);
  const reason = `Identity schema \`${id}\` could not be found.`;
  return herodotError(c.req.raw, { code: 404, reason });
}

/** `GET /.well-known/ory/webauthn.js`: a script in the place of Kratos's own, too long to be counted (`x/webauthnx/js/webauthn.js`). */
export function webauthnScript(): Response {
  return new Response(`window.__oryWebAuthnInitialized = true; ${'/'.repeat(4096)}\n`, {
    headers: { 'Content-Type': 'text/javascript; charset=UTF-8' },
  });
}

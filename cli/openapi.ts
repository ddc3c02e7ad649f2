/**
 * Writes docs/openapi.json, the OpenAPI document of Postern's own routes; with --check, fails when the file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { VERSION } from '../src/runtime/version.ts';
import { type Body, OPERATIONS, type Operation } from './openapi/operations.ts';
import { SCHEMAS } from './openapi/schemas.ts';

const FILE = 'docs/openapi.json';

const paths: Record<string, Record<string, unknown>> = {};
for (const [route, operation] of Object.entries(OPERATIONS)) {
  const [method = '', path = ''] = route.split(' ');
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, named) };
}

const document = {
  openapi: '3.1.0',
  info: {
    title: 'Postern',
    version: VERSION,
    summary: 'The routes that Postern answers itself. All other paths are those of the site.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [{ url: 'https://app.example.com', description: 'PUBLIC_URL' }],
  paths,
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      sessionToken: { type: 'apiKey', in: 'header', name: 'X-Session-Token' },
      sessionCookie: { type: 'apiKey', in: 'cookie', name: 'ory_kratos_session' },
      bearer: { type: 'http', scheme: 'bearer' },
    },
  },
};
const text = `${JSON.stringify(document, undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error(`${FILE} is out of date. Run "npm run docs" and commit the result.`);
    process.exit(1);
  }
} else {
  writeFileSync(FILE, text);
  console.log(`${FILE} written`);
}

function describe({ summary, tag, answers, needs }: Operation, parameters: readonly object[]) {
  const isOpen = tag === 'health' || tag === 'documents';
  return {
    summary,
    tags: [tag],
    ...(needs !== undefined && { description: `Exists only with ${needs}.` }),
    ...(parameters.length > 0 && { parameters }),
    security: isOpen ? [{}] : [{ sessionToken: [] }, { sessionCookie: [] }, { bearer: [] }, {}],
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, body]) => [status, responseOf(status, body)]),
      ),
      // A provider's own errors can be flows, with the messages for the person.
      '4XX': responseOf('4XX', tag === 'session API' ? 'ProviderDocument' : 'Error'),
      '5XX': responseOf('5XX', 'Error'),
    },
  };
}

function responseOf(status: string, body: Body) {
  const description = status.endsWith('XX') ? 'an error' : `status ${status}`;
  if (body === 'none') return { description };
  if (body === 'page') return { description, content: { 'text/html': {} } };
  const schema = { $ref: `#/components/schemas/${body}` };
  const type = body === 'KeySet' ? 'application/jwk-set+json' : 'application/json';
  // A browser that opens a page gets errors as pages.
  const forPeople = status.endsWith('XX') ? { 'text/html': {} } : {};
  return { description, content: { [type]: { schema }, ...forPeople } };
}

// No I/O, no clock.

/** A JSON Schema (draft 2020-12, as OpenAPI 3.1 has it). */
export type Schema = Readonly<Record<string, unknown>>;

const text = { type: 'string' };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
});

/** The documents that Postern itself makes, and the parts of a session on which it relies. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: {
    ...object(
      {
        error: object(
          {
            id: text,
            code: { type: 'integer', minimum: 400, maximum: 599 },
            status: text,
            reason: text,
            message: text,
            details: { type: 'object' },
          },
          ['code', 'status', 'message'],
        ),
        redirect_browser_to: text,
      },
      ['error'],
    ),
    description:
      'An error as Kratos has it. Postern-Reason has the reason (docs/reasons.md). A gate without Kratos has the shape of Keycard.',
  },
  Health: object(
    {
      status: { const: 'ok' },
      version: text,
      notes: { type: 'object', additionalProperties: text },
      comparisons: { type: 'object', additionalProperties: { type: 'integer' } },
    },
    ['status', 'version'],
  ),
  HealthFailure: object(
    {
      errors: { type: 'object', additionalProperties: text, minProperties: 1 },
      version: text,
      notes: { type: 'object', additionalProperties: text },
      comparisons: { type: 'object', additionalProperties: { type: 'integer' } },
    },
    ['errors', 'version'],
  ),
  Session: {
    ...object(
      {
        id: text,
        active: { type: 'boolean' },
        expires_at: { type: 'string', format: 'date-time' },
        authenticated_at: { type: 'string', format: 'date-time' },
        authenticator_assurance_level: text,
        identity: object({ id: text }, ['id']),
        tokenized: text,
      },
      ['id', 'active', 'identity'],
    ),
    description: 'The document of Kratos, byte for byte.',
  },
  Sessions: { type: 'array', items: ref('ListedSession') },
  ListedSession: object({ id: text, active: { type: 'boolean' } }, ['id', 'active']),
  Count: object({ count: { type: 'integer' } }, ['count']),
  KeySet: object({ keys: { type: 'array', items: object({ kty: text, kid: text }, ['kty']) } }, [
    'keys',
  ]),
  ResourceMetadata: {
    ...object(
      {
        resource: { type: 'string', format: 'uri' },
        authorization_servers: { type: 'array', items: { type: 'string', format: 'uri' } },
        scopes_supported: { type: 'array', items: text },
        bearer_methods_supported: { type: 'array', items: text },
      },
      ['resource'],
    ),
    description: 'RFC 9728 section 2.',
  },
  AuthorizationServerMetadata: {
    ...object({ issuer: { type: 'string', format: 'uri' } }, ['issuer']),
    description: 'RFC 8414 section 2, as the issuer has it.',
  },
  ProviderDocument: { description: 'The document of Kratos or Keycard.' },
};

// A session store that knows every credential which ends with digits, each as another person, and answers the others 401; answers
// whoami after DELAY_MS, as one far away does. A credential is a session token, or the cookie ory_kratos_session.
// The body is of the size Kratos answers for a person with a password, an address and one device.
const session = (person, expiresAt) => {
  const address = {
    value: `person-${person}@example.com`,
    via: 'email',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
  return {
    id: `3f1c9a52-64a1-4a5b-9b1e-${person}`,
    active: true,
    expires_at: expiresAt,
    authenticated_at: '2026-01-01T00:00:00Z',
    authenticator_assurance_level: 'aal1',
    authentication_methods: [
      { method: 'password', aal: 'aal1', completed_at: '2026-01-01T00:00:00Z' },
    ],
    issued_at: '2026-01-01T00:00:00Z',
    identity: {
      id: `b8f5a3de-31c0-4bb4-8f4d-${person}`,
      schema_id: 'default',
      schema_url: 'https://auth.example.com/schemas/ZGVmYXVsdA',
      state: 'active',
      state_changed_at: '2026-01-01T00:00:00Z',
      traits: { email: address.value, name: { first: 'Ada', last: 'Example' } },
      verifiable_addresses: [
        {
          id: `5d1c3c14-3ad5-4a3c-9a0e-${person}`,
          ...address,
          verified: true,
          status: 'completed',
          verified_at: '2026-01-01T00:00:00Z',
        },
      ],
      recovery_addresses: [{ id: `9f5cf1ad-63ce-4d52-8a1f-${person}`, ...address }],
      metadata_public: { roles: ['admin', 'staff'] },
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      organization_id: null,
    },
    devices: [
      {
        id: `0a4b9c1e-9a36-4b7d-8c52-${person}`,
        ip_address: '192.0.2.1:41234',
        user_agent:
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
        location: 'Lisbon, PT',
      },
    ],
  };
};

const UNAUTHORIZED = {
  error: { code: 401, status: 'Unauthorized', reason: 'No valid session credentials found.' },
};

function digitsOf(headers) {
  const token = headers.get('x-session-token');
  const sent = token ?? /(?:^|; )ory_kratos_session=([^;]*)/.exec(headers.get('cookie') ?? '')?.[1];
  return /\d+$/.exec(sent ?? '')?.[0];
}

export default {
  async fetch(request, { DELAY_MS }) {
    if (new URL(request.url).pathname !== '/sessions/whoami')
      return Response.json({ status: 'ok' });
    if (DELAY_MS > 0) await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    const digits = digitsOf(request.headers);
    if (digits === undefined) return Response.json(UNAUTHORIZED, { status: 401 });
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const answer = session(digits.padStart(12, '0').slice(-12), expiresAt);
    const headers = { 'x-kratos-authenticated-identity-id': answer.identity.id };
    return Response.json(answer, { headers });
  },
};

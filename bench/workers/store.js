// A session store that knows one person and every credential; answers after DELAY_MS, as one far away does.
const body = (expiresAt) =>
  JSON.stringify({
    id: '3f1c9a52-64a1-4a5b-9b1e-0c9d6c1f2a10',
    active: true,
    expires_at: expiresAt,
    authenticated_at: '2026-01-01T00:00:00Z',
    authenticator_assurance_level: 'aal1',
    authentication_methods: [
      { method: 'password', aal: 'aal1', completed_at: '2026-01-01T00:00:00Z' },
    ],
    issued_at: '2026-01-01T00:00:00Z',
    identity: {
      id: 'b8f5a3de-31c0-4bb4-8f4d-7c2d0f0e9a77',
      schema_id: 'default',
      schema_url: 'https://auth.example.com/schemas/ZGVmYXVsdA',
      state: 'active',
      traits: { email: 'ada@example.com', name: { first: 'Ada', last: 'Example' } },
      metadata_public: { roles: ['admin', 'staff'], filler: 'x'.repeat(200) },
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
    },
    devices: [{ id: '0a4b9c1e-9a36-4b7d-8c52-5f0f6d1c2b3a', ip_address: '192.0.2.1' }],
  });

export default {
  async fetch(request, { DELAY_MS }) {
    if (DELAY_MS > 0) await new Promise((resolve) => setTimeout(resolve, DELAY_MS));
    if (new URL(request.url).pathname !== '/sessions/whoami')
      return Response.json({ status: 'ok' });
    return new Response(body(new Date(Date.now() + 86_400_000).toISOString()), {
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
  },
};

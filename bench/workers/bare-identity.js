// The floor of forward-auth: the headers of its request are read, and its headers are answered, for a user who is known
// beforehand. It compares no secret and decides nothing.
const READ = [
  'postern-proxy-secret',
  'x-forwarded-method',
  'x-forwarded-host',
  'x-forwarded-uri',
  'host',
  'x-session-token',
];
const ready = new Headers({
  'cache-control': 'private, no-store',
  vary: 'Cookie, Authorization, X-Session-Token',
  'x-user-id': 'b8f5a3de-31c0-4bb4-8f4d-000000000001',
  'x-user-email': 'person-1@example.com',
  'x-user-roles': 'admin,staff',
  'x-session-assertion': 'a'.repeat(600),
  'cache-status': 'postern; hit; ttl=27; detail=memory',
});

export default {
  fetch({ method, url, headers }) {
    const isWhole = READ.every((name) => headers.get(name) !== null);
    return new Response(null, {
      status: isWhole && method === 'GET' && url !== '' ? 200 : 400,
      headers: ready,
    });
  },
};

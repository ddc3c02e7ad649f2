// The floor of an answer with the headers whoami has: four that are always the same, three that are not.
const body = JSON.stringify({ filler: 'x'.repeat(1011) });
const ready = new Headers({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  vary: 'Cookie, Authorization, X-Session-Token',
});

export default {
  fetch() {
    const response = new Response(body, { headers: ready });
    response.headers.set(
      'x-kratos-authenticated-identity-id',
      'b8f5a3de-31c0-4bb4-8f4d-000000000001',
    );
    response.headers.set('age', '3');
    response.headers.set('cache-status', 'postern; hit; ttl=27; detail=memory');
    return response;
  },
};

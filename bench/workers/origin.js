// The site behind: a constant 1 KiB of JSON. What is not GET is told what arrived, for the checks before a run.
const body = JSON.stringify({ filler: 'x'.repeat(1011) });
const headers = { 'content-type': 'application/json' };

export default {
  fetch(request) {
    if (request.method !== 'GET') return Response.json(Object.fromEntries(request.headers));
    return new Response(body, { headers });
  },
};

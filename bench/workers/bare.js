// The floor: a constant 1 KiB of JSON.
const body = JSON.stringify({ filler: 'x'.repeat(1011) });
const headers = { 'content-type': 'application/json' };

export default {
  fetch() {
    return new Response(body, { headers });
  },
};

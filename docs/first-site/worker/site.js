// A site that is a Worker: any framework's build exports the same `fetch`.
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    return new Response(`${pathname} for ${request.headers.get('X-User-Id')}\n`);
  },
};

// An issuer's JWK set.
export default {
  fetch: (_request, { KEY }) => Response.json({ keys: [KEY] }),
};

// The floor of a proxy: the request as it is, over a service binding.
export default {
  fetch(request, { ORIGIN }) {
    return ORIGIN.fetch(request);
  },
};

// Pure: no I/O, no clock.

/** Methods that every site may use (RFC 9110 section 9.3, RFC 5789). */
export const DEFAULT_METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] as const;

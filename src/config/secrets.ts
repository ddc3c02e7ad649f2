// Pure: no I/O, no clock.

/** Settings with secrets that callers send to Postern, or that Postern sends to others. */
export const SENT_SECRETS = [
  'ADMIN_SECRETS',
  'FORWARD_AUTH_SECRETS',
  'KEY_SET_SECRET',
  'KEYCARD_CLIENT_SECRET',
  'KRATOS_ADMIN_API_KEY',
  'WEBHOOK_API_KEYS',
  'WEBHOOK_SECRETS',
] as const;

/** Settings that must be secrets of the Worker, because everyone with access to the Worker can read its variables. */
export const SECRETS = [
  ...SENT_SECRETS,
  'CLIENT_SECRETS',
  'ASSERTION_KEYS',
  'SIGN_IN_SECRETS',
] as const;

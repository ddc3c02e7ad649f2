// Pure: no I/O, no clock.

/** The beginning of a JSON object, as base64url or as base64, with white space or a byte order mark before it. */
const LENIENT_BASE64 = /^[A-Za-z0-9+/_=-]{2,}$/;
const OBJECT_START = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*\{/;
/** Enough of the header to see how it begins. */
const GLANCE_LENGTH = 64;

/**
 * Whether a value is a JWT by its form (RFC 7519 section 1): parts set apart by dots, the first of which is a
 * JSON object in base64url. Told leniently, so that a token with something wrong is refused as a token;
 * credentials of Kratos hold no dot.
 */
export function isTokenForm(value: string): boolean {
  const end = value.indexOf('.');
  if (end < 2 || value.indexOf('.', end + 1) < 0) return false;
  const glance = value.slice(0, Math.min(end, GLANCE_LENGTH));
  if (!LENIENT_BASE64.test(glance)) return false;
  const text = decodeLeniently(glance);
  return text !== undefined && OBJECT_START.test(text);
}

function decodeLeniently(text: string): string | undefined {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '');
  const whole = base64.length % 4 === 1 ? base64.slice(0, -1) : base64;
  try {
    return atob(whole);
  } catch {
    return undefined;
  }
}

/**
 * Tells by its claims, without verifying them, whether a bearer value is a token of a configured issuer. The value is
 * read leniently: a value that Postern would refuse may be a credential to an origin that is less strict.
 */
export interface TokenClassifier {
  /** Whether a configured issuer issued it, for any audience. */
  isIssuers(value: string): boolean;
  /** Whether it is a session here: by issuer and by audience. */
  isSession(value: string): boolean;
}

// Pure: no I/O, no clock.
import { decodeLenientBase64 } from '../runtime/base64url.ts';

/**
 * Matches base64url and base64. The decoded text must begin as a JSON object, after white space or a byte order
 * mark.
 */
const LENIENT_BASE64 = /^[A-Za-z0-9+/_=-]{2,}$/;
const OBJECT_START = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*\{/;
/** The base64 of `{"`, with which nearly every token begins. */
const USUAL_START = 'eyJ';
/** Enough characters of the header to see how it begins. */
const GLANCE_LENGTH = 64;

/**
 * Tells whether a value has the form of a JWT (RFC 7519 section 1): parts with dots between them, the first a JSON
 * object in base64url. The check is lenient, so that a damaged token is refused as a token. Kratos's credentials
 * contain no dot.
 */
export function isTokenForm(value: string): boolean {
  const end = value.indexOf('.');
  if (end < 2 || value.indexOf('.', end + 1) < 0) return false;
  const glance = value.slice(0, Math.min(end, GLANCE_LENGTH));
  if (!LENIENT_BASE64.test(glance)) return false;
  if (glance.startsWith(USUAL_START)) return true;
  const text = decodeLeniently(glance);
  return text !== undefined && OBJECT_START.test(text);
}

/** Decodes as much of the text as makes whole bytes. */
function decodeLeniently(text: string): string | undefined {
  const base64 = text.replaceAll('=', '');
  return decodeLenientBase64(base64.length % 4 === 1 ? base64.slice(0, -1) : base64);
}

/**
 * Tells by its claims, without verification, whether a bearer value is a token of a configured issuer. The value is
 * read leniently: an origin that is less strict than Postern may accept it as a credential.
 */
export interface TokenClassifier {
  /** Whether a configured issuer issued the value, for any audience. */
  isIssuers(value: string): boolean;
  /** Whether the value counts as a session here, by issuer and by audience. */
  isSession(value: string): boolean;
}

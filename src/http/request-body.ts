import { LATE, within } from '../runtime/deadline.ts';
import type { JsonObject } from '../runtime/json.ts';
import { parseObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { MAX_REQUEST_BYTES } from './body-limits.ts';
import { type InvalidPart, invalidBody } from './invalid-part.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from './read-bounded-text.ts';

/** A client that takes longer than this to send its body gets an error. */
const BODY_TIMEOUT_MS = 10_000;

/** The media type of HTML forms. */
export const FORM = 'application/x-www-form-urlencoded';

export type BodyRefusal = 'media_type_not_supported' | 'body_too_long' | 'body_not_valid';
/** A body that cannot be used, with the reason. */
type Refused = Result<never, BodyRefusal> | InvalidPart;

/** Reads the request's body as a JSON object of at most 64 KiB. The request must declare JSON. */
export async function readJsonBody(request: Request): Promise<Result<JsonObject, never> | Refused> {
  if (mediaTypeOf(request) !== 'application/json') return failed('media_type_not_supported');
  const text = await readInTime(request);
  if (text === TOO_LONG) return failed('body_too_long');
  const value = text === undefined ? undefined : parseObject(text);
  return value === undefined ? invalidBody('The body must be a JSON object.') : success(value);
}

/**
 * Reads the request's body as a form of at most 64 KiB (HTML standard, URL-encoded form data). The request must
 * declare a form.
 */
export async function readFormBody(
  request: Request,
): Promise<Result<URLSearchParams, BodyRefusal>> {
  if (mediaTypeOf(request) !== FORM) return failed('body_not_valid');
  const text = await readInTime(request);
  if (text === TOO_LONG) return failed('body_too_long');
  return text === undefined ? failed('body_not_valid') : success(new URLSearchParams(text));
}

async function readInTime(request: Request): Promise<string | typeof TOO_LONG | undefined> {
  try {
    const message = new Response(request.body, { headers: request.headers });
    const text = await within(BODY_TIMEOUT_MS, readBoundedText(message, MAX_REQUEST_BYTES));
    return text === LATE || text === BROKEN_OFF ? undefined : text;
  } catch {
    return undefined; // the client went away, or the body does not match its framing
  }
}

/** Returns the media type of a body without its parameters, in lower case (RFC 9110 section 8.3). */
export function mediaTypeOf({ headers }: Pick<Request, 'headers'>): string {
  const [type = ''] = (headers.get('content-type') ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

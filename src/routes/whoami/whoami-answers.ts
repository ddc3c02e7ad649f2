import { VARY } from '../../credentials/credential.ts';
import type { ErrorShape } from '../../errors/error-response.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import { setProvenance } from '../../sessions/provenance-headers.ts';
import type { Resolution } from '../../sessions/resolution.ts';

export type SignedIn = Extract<Resolution, { outcome: 'signed-in' }>;
export type NotSignedIn = Exclude<Resolution, { outcome: 'signed-in' }>;

/** The answers of whoami, in the shape of one provider. */
export interface WhoamiAnswers {
  readonly errorShape: ErrorShape;
  session(resolution: SignedIn): Response;
  /** @param requestId the client's `X-Request-ID` */
  refusal(resolution: NotSignedIn, requestId: string | null): Response;
}

/** Headers of every answer with a session. A copy costs half as much as new ones. */
const SESSION_HEADERS = new Headers({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
});

/**
 * Makes the answer with a session: its document, its source and age, and the cookies that renew it.
 *
 * @param addTo adds the provider's own headers
 */
export function sessionAnswer(
  resolution: SignedIn,
  addTo?: (headers: Headers, resolution: SignedIn) => void,
): Response {
  const response = new Response(resolution.body, { headers: SESSION_HEADERS });
  const { headers } = response;
  for (const cookie of resolution.setCookies) headers.append('set-cookie', cookie);
  addTo?.(headers, resolution);
  setProvenance(headers, resolution.provenance);
  return response;
}

/** Headers that the gate in front would remove from the site's answer. Those of a middleware behind it are real. */
export interface LaterAnswers {
  /** Whether there is one. */
  isAny: boolean;
  /** Cookies of the session, and of the site. */
  readonly cookies: string[];
  /** The look-ups of sessions (RFC 9211). */
  cacheStatus?: string;
  /** The last answer with a reason. */
  refusal?: { readonly status: number; readonly reason: string };
}

/** Moves a later middleware's cookies, reason and look-up out of the reach of the gate in front. */
export function keepForLater({ headers, status }: Response, later: LaterAnswers): void {
  later.isAny = true;
  const cookies = headers.getSetCookie();
  later.cookies.push(...cookies);
  if (cookies.length > 0) headers.delete('set-cookie');
  const cacheStatus = headers.get('cache-status');
  if (cacheStatus !== null) {
    later.cacheStatus = cacheStatus;
    headers.delete('cache-status');
  }
  const reason = headers.get('postern-reason');
  if (reason !== null) later.refusal = { status, reason };
}

/** Adds the headers of later middlewares. The site may have put another answer in the place of a refusal. */
export function withLater(answer: Response, later: LaterAnswers): Response {
  if (!later.isAny) return answer; // the answer of another route may have headers that cannot be changed
  const { cookies, cacheStatus, refusal } = later;
  const { headers, status } = answer;
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  if (status === refusal?.status) headers.set('postern-reason', refusal.reason);
  // Both have looked for the session of one request.
  if (cacheStatus !== undefined && !headers.has('cache-status'))
    headers.set('cache-status', cacheStatus);
  const vary = headers.get('vary');
  if (vary !== null) headers.set('vary', [...new Set(vary.split(', '))].join(', '));
  return answer;
}

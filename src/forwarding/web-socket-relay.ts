/** How often a socket's session is looked at again. With the view of revocations this is what bounds its life. */
const RECHECK_MS = 1000;

/** What is to become of an open socket. */
type Standing = { readonly kind: 'pass' | 'deny' | 'cannot-tell' };

/** Private use (RFC 6455 section 7.4.2): 4000 and the status a request would now be answered with. */
export const SESSION_OVER = 4401;
const TRY_AGAIN_LATER = 1013;
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/**
 * Puts Postern between the two ends of an accepted upgrade, for as long as the session that opened it would still
 * be let in: every message is passed on as it is, and when the session is over both ends are closed with 4401
 * (1013 when nobody can tell any more).
 *
 * @param answer the 101 as the client is to have it
 * @param accepted the origin's own 101
 * @param again judges the request that opened the socket once more
 */
export function relayWebSocket(
  answer: Response,
  accepted: Response,
  again: () => Promise<Standing>,
): Response {
  const origin = accepted.webSocket;
  if (origin === null) return answer;
  const { 0: client, 1: server } = new WebSocketPair();
  const timer = setInterval(check, RECHECK_MS);
  let isChecking = false;
  const end = (code: number, reason: string) => {
    clearInterval(timer);
    for (const socket of [origin, server]) close(socket, code, reason);
  };

  async function check(): Promise<void> {
    if (isChecking) return;
    isChecking = true;
    const { kind } = await again().catch((): Standing => ({ kind: 'cannot-tell' }));
    isChecking = false;
    if (kind === 'deny') end(SESSION_OVER, 'session over');
    if (kind === 'cannot-tell') end(TRY_AGAIN_LATER, 'session could not be checked');
  }

  for (const [from, to] of [
    [origin, server],
    [server, origin],
  ] as const) {
    from.binaryType = 'arraybuffer';
    from.accept();
    from.addEventListener('message', ({ data }) => send(to, data));
    from.addEventListener('close', ({ code, reason }) => end(code, reason));
    from.addEventListener('error', () => end(ABNORMAL, ''));
  }
  return new Response(null, { status: 101, headers: answer.headers, webSocket: client });
}

function send(socket: WebSocket, data: string | ArrayBuffer): void {
  try {
    socket.send(data);
  } catch {
    // The other end has gone; its close is on the way.
  }
}

/** 1005 and 1006 say what was seen and are never sent (RFC 6455 section 7.4.1). */
function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code === ABNORMAL ? 1011 : code, reason);
  } catch {
    // Closed already.
  }
}

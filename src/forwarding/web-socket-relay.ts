import type { SessionWatch } from './session-watch.ts';

/** A close code for private use (RFC 6455 section 7.4.2): 4000 plus the status that a request would now get. */
export const SESSION_OVER = 4401;
const TRY_AGAIN_LATER = 1013;
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/**
 * Relays messages between the two ends of an accepted upgrade, for as long as the session that opened it would still
 * pass. Messages pass unchanged. When the session is over, both ends are closed with 4401, or with 1013 when the
 * session can no longer be checked.
 *
 * The platform's sockets do not report how much sent data still waits to leave, so there is no backpressure here.
 * When one end sends faster than the other receives, the isolate's memory holds the difference.
 *
 * @param answer the 101 for the client
 * @param accepted the origin's own 101
 * @param watch the watch over the session that opened the socket
 */
export function relayWebSocket(
  answer: Response,
  accepted: Response,
  watch: SessionWatch,
): Response {
  const origin = accepted.webSocket;
  if (origin === null) return answer;
  const { 0: client, 1: server } = new WebSocketPair();
  const end = (code: number, reason: string) => {
    watch.stop();
    for (const socket of [origin, server]) close(socket, code, reason);
  };
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
  void watch.over.then((standing) => {
    if (standing === 'deny') end(SESSION_OVER, 'session over');
    else end(TRY_AGAIN_LATER, 'session could not be checked');
  });
  return new Response(null, { status: 101, headers: answer.headers, webSocket: client });
}

function send(socket: WebSocket, data: string | ArrayBuffer): void {
  try {
    socket.send(data);
  } catch {
    // The other end has gone; its close event will follow.
  }
}

/** Closes a socket. 1005 and 1006 only report an event and are never sent (RFC 6455 section 7.4.1). */
function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code === ABNORMAL ? 1011 : code, reason);
  } catch {
    // The socket is closed already.
  }
}

import type { Vigil } from './vigil.ts';

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
 * The platform's sockets tell nobody how much of what was sent is still waiting to leave, so there is no
 * backpressure here: what one end sends faster than the other takes is held in the isolate's memory.
 *
 * @param answer the 101 as the client is to have it
 * @param accepted the origin's own 101
 * @param vigil over the session that opened the socket
 */
export function relayWebSocket(answer: Response, accepted: Response, vigil: Vigil): Response {
  const origin = accepted.webSocket;
  if (origin === null) return answer;
  const { 0: client, 1: server } = new WebSocketPair();
  const end = (code: number, reason: string) => {
    vigil.stop();
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
  void vigil.over.then((standing) => {
    if (standing === 'deny') end(SESSION_OVER, 'session over');
    else end(TRY_AGAIN_LATER, 'session could not be checked');
  });
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

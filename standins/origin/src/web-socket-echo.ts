/** `/ws`: returns its messages, text or binary, and closes with the received code. */
export function webSocketEcho(request: Request): Response {
  if (request.headers.get('Upgrade')?.toLowerCase() !== 'websocket') {
    return new Response('expected a WebSocket upgrade\n', {
      status: 426,
      headers: { Upgrade: 'websocket' },
    });
  }
  const { 0: client, 1: server } = new WebSocketPair();
  server.binaryType = 'arraybuffer'; // a Blob cannot be sent back
  server.accept();
  server.binaryType = 'arraybuffer'; // a Blob cannot be sent back
  server.addEventListener('message', ({ data }) => server.send(data));
  return new Response(null, { status: 101, webSocket: client });
}

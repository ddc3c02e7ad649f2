// Pure: no I/O, no clock.

/** Header fields of a handshake (RFC 6455 section 11.3). Scripts cannot set any `Sec-` header (Fetch standard). */
const HANDSHAKE_HEADERS = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
] as const;

/**
 * Tells whether a request opens a WebSocket, or is a proxy's question about one. nginx and Traefik remove `Upgrade`
 * from their questions, and HTTP/2 has no such header (RFC 8441 section 5). The other fields of the handshake stay.
 */
export function isWebSocketHandshake(headers: Headers): boolean {
  return (
    HANDSHAKE_HEADERS.some((name) => headers.has(name)) ||
    headers.get('sec-fetch-mode') === 'websocket' ||
    upgradesToWebSocket(headers.get('upgrade') ?? '')
  );
}

/** Reads `Upgrade`, a list of protocols, each of which may have a version (RFC 9110 section 7.8). */
function upgradesToWebSocket(upgrade: string): boolean {
  return upgrade
    .split(',')
    .some((protocol) => protocol.split('/', 1)[0]?.trim().toLowerCase() === 'websocket');
}

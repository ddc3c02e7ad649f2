// Pure: no I/O, no clock.
import { hostOf } from './site-hosts.ts';

/** The header that lists the gates on a request's way, so that a request passes no gate twice. */
export const HOPS_HEADER = 'postern-hops';
const MAX_HOPS = 8;

/**
 * Tells whether a request has already passed through this gate, or through 8 gates or more. A client that sends the
 * header itself can only get its own request refused.
 */
export function isLoop(headers: Headers, publicUrl: string): boolean {
  const hops = readHops(headers);
  return hops.length >= MAX_HOPS || hops.includes(hostOf(publicUrl));
}

/** Adds this gate to the list of gates of a received request. */
export function addHop(headers: Headers, received: Headers, publicUrl: string): void {
  headers.set(HOPS_HEADER, [...readHops(received), hostOf(publicUrl)].join(', '));
}

function readHops(headers: Headers): string[] {
  const value = headers.get(HOPS_HEADER) ?? '';
  return value === '' ? [] : value.split(',', MAX_HOPS + 1).map((hop) => hop.trim());
}

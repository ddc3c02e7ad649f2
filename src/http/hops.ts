// Pure: no I/O, no clock.
import { hostOf } from './site-hosts.ts';

/** Names the gates a request has come through, so that none is come through twice. */
export const HOPS_HEADER = 'postern-hops';
const MAX_HOPS = 8;

/**
 * Whether a request has come through this gate before, or through so many that it hardly matters. Whoever sends
 * the header without being a gate has their own request refused.
 */
export function isLoop(headers: Headers, publicUrl: string): boolean {
  const hops = readHops(headers);
  return hops.length >= MAX_HOPS || hops.includes(hostOf(publicUrl));
}

/** Adds this gate to those a received request has come through. */
export function addHop(headers: Headers, received: Headers, publicUrl: string): void {
  headers.set(HOPS_HEADER, [...readHops(received), hostOf(publicUrl)].join(', '));
}

function readHops(headers: Headers): string[] {
  const value = headers.get(HOPS_HEADER) ?? '';
  return value === '' ? [] : value.split(',', MAX_HOPS + 1).map((hop) => hop.trim());
}

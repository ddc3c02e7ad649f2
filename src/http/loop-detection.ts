// Pure: no I/O, no clock.
import { hostOf } from './site-hosts.ts';

/** The header that lists the gates on a request's way, so that a request passes no gate twice. */
export const LOOP_HEADER = 'postern-hops';
const MAX_GATES = 8;

/**
 * Tells whether a request has already passed through this gate, or through 8 gates or more. A client that sends the
 * header itself can only get its own request refused.
 */
export function isLoop(headers: Headers, publicUrl: string): boolean {
  const sent = headers.get(LOOP_HEADER);
  if (sent === null) return false;
  const gates = readGates(sent);
  return gates.length >= MAX_GATES || gates.includes(hostOf(publicUrl));
}

/**
 * Adds this gate to the list of gates of a received request.
 *
 * @param sent the list as it was received; `undefined` if there was none
 */
export function addGate(headers: Headers, sent: string | undefined, publicUrl: string): void {
  const here = hostOf(publicUrl);
  headers.set(LOOP_HEADER, sent === undefined ? here : [...readGates(sent), here].join(', '));
}

function readGates(value: string): string[] {
  return value === '' ? [] : value.split(',', MAX_GATES + 1).map((gate) => gate.trim());
}

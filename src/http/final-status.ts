// Pure: no I/O, no clock.

/**
 * Tells whether a status ends a request (RFC 9110 section 15). The platform passes 101 without an upgrade, and 600
 * to 999, on to a Worker. It lets no Worker send them.
 */
export function isFinalStatus(status: number): boolean {
  return status >= 200 && status <= 599;
}

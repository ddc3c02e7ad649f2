// Pure: no I/O, no clock.

/**
 * Whether a status ends a request (RFC 9110 section 15). The platform hands on 101 without an upgrade, and 600 to 999, as
 * they came, and lets no Worker send them.
 */
export function isFinalStatus(status: number): boolean {
  return status >= 200 && status <= 599;
}

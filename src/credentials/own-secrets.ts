// Pure: no I/O, no clock.
import type { Presentation } from './credential.ts';

/**
 * Secrets of Postern's own configuration. One that was sent as a bearer to a wrong path is nobody's session: it is not
 * asked about and goes no further.
 */
export type OwnSecrets = ReadonlySet<string>;

/** What is presented, with a bearer that is one of our own secrets left out. */
export function withoutOwnSecrets(presentation: Presentation, secrets: OwnSecrets): Presentation {
  if (presentation.kind !== 'candidates') return presentation;
  const isOwn = presentation.candidates.some(
    ({ carrier, value }) => carrier.kind === 'bearer' && secrets.has(value),
  );
  return isOwn ? { kind: 'none' } : presentation;
}

// No I/O, no clock.
import { NOTHING_ASKED, type Resolution } from './resolution.ts';
import type { Sessions } from './sessions.ts';

const REFUSED: Resolution = Object.freeze({
  outcome: 'not-signed-in',
  reason: 'session_inactive',
  body: undefined,
  mayClearCookie: true,
  provenance: NOTHING_ASKED,
});

/** The sessions of a gateway without a session store: no credential has one. */
export const NO_SESSIONS: Pick<Sessions, 'resolve' | 'resolveUnstored'> = Object.freeze({
  resolve: async () => REFUSED,
  resolveUnstored: async () => REFUSED,
});

import { FRESH, KV_WRITE_AFTER, LAGS, NO_KV } from './choices.ts';
import type { Location } from './geography.ts';
import { type RevocationFigures, runRevocations } from './revocation-study.ts';
import { DEFAULTS, type SimulatedSettings, toldFor } from './settings.ts';

export interface RevocationChoice extends RevocationFigures {
  readonly name: string;
}

/** Runs the revocations of every choice, one after the other. */
export async function revokeAll(
  trials: number,
  locations: readonly Location[],
  onProgress: (what: string) => void,
) {
  const revoke = async (name: string, change: Partial<SimulatedSettings>) => {
    onProgress(`revocations, ${name}`);
    return { name, ...(await runRevocations({ ...DEFAULTS, ...change }, { locations, trials })) };
  };
  const unmarked = { REVOCATION_LAG_SECONDS: undefined };
  const lagByLag: RevocationChoice[] = [];
  const lagByFresh: RevocationChoice[] = [];
  const lagByKvWriteAfter: RevocationChoice[] = [];
  for (const seconds of LAGS) {
    lagByLag.push(await revoke(`${seconds} s`, { REVOCATION_LAG_SECONDS: seconds }));
  }
  for (const seconds of FRESH) {
    lagByFresh.push(await revoke(`${seconds} s`, { ...unmarked, FRESH_SECONDS: seconds }));
  }
  for (const seconds of KV_WRITE_AFTER) {
    const change = { ...unmarked, ...writtenAfter(seconds) };
    lagByKvWriteAfter.push(await revoke(kvName(seconds), change));
  }
  const told = { ...DEFAULTS, ...toldFor() };
  const lagTold: RevocationChoice[] = [];
  for (const channelDies of [false, true]) {
    const name = channelDies ? 'the channel dies' : 'the channel works';
    onProgress(`revocations, ${name}`);
    lagTold.push({ name, ...(await runRevocations(told, { locations, trials, channelDies })) });
  }
  return { lagByLag, lagByFresh, lagByKvWriteAfter, lagTold };
}

export function writtenAfter(seconds: number | undefined): Partial<SimulatedSettings> {
  return seconds === undefined ? NO_KV : { KV_WRITE_AFTER_SECONDS: seconds };
}

export function kvName(seconds: number | undefined): string {
  return seconds === undefined ? 'no KV' : `${seconds} s`;
}

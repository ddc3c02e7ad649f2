import { expect, test } from 'vitest';
import { layOut } from '../../bench/simulate/geography.ts';
import { runRevocations } from '../../bench/simulate/revocation-study.ts';
import { DEFAULTS, toldFor } from '../../bench/simulate/settings.ts';

const OPTIONS = { locations: layOut(60, 60), trials: 12 };

test.each([2, 5, 30])(
  'a session revoked through Postern is served no longer than %d seconds after the answer',
  async (seconds) => {
    const settings = { ...DEFAULTS, REVOCATION_LAG_SECONDS: seconds };
    const { lagsMs } = await runRevocations(settings, OPTIONS);
    expect(lagsMs).toHaveLength(12 * 6);
    expect(Math.max(...lagsMs)).toBeLessThanOrEqual(1000 * seconds);
    expect(Math.max(...lagsMs)).toBeGreaterThan(1000 * seconds * 0.4); // control: the session was in use
  },
);

test('without a log a revoked session is served until its revalidation, and no longer', async () => {
  const { lagsMs } = await runRevocations(
    { ...DEFAULTS, REVOCATION_LAG_SECONDS: undefined },
    OPTIONS,
  );
  const bound = DEFAULTS.FRESH_SECONDS + DEFAULTS.STALE_WHILE_REVALIDATE_SECONDS;
  expect(Math.max(...lagsMs)).toBeLessThanOrEqual(1000 * bound);
  expect(Math.max(...lagsMs)).toBeGreaterThan(1000 * DEFAULTS.FRESH_SECONDS);
});

test.each([
  ['works', false, 8000],
  ['dies', true, 60_000],
])(
  'a session that is ended in a store that tells of it is served no longer than promised while the channel %s',
  async (_, channelDies, boundMs) => {
    const settings = { ...DEFAULTS, ...toldFor() };
    const { lagsMs } = await runRevocations(settings, { ...OPTIONS, channelDies });
    expect(lagsMs).toHaveLength(12 * 6);
    expect(Math.max(...lagsMs)).toBeLessThanOrEqual(boundMs);
    expect(Math.max(...lagsMs)).toBeGreaterThan(boundMs * 0.3); // control: the session was in use
  },
);

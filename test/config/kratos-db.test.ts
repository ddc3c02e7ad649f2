import { describe, expect, it } from 'vitest';
import {
  createConfiguredRevocation,
  lifetimesOf,
  tokenLifeWithoutLogSeconds,
} from '../../src/app/compose-revocation.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { AppendOptions } from '../../src/revocation/log-protocol.ts';
import { checkLifeSeconds } from '../../src/sessions/freshness.ts';

const SETTINGS = {
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
  REVOCATIONS: {},
};
const KRATOS_DB = { connectionString: 'postgres://postern@db.example.test/kratos' };

function configOf(settings: object): Config {
  const config = readConfig({ ...SETTINGS, ...settings });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return config.value;
}

/** The limits with which an isolate writes a mark. */
async function limitsOf(config: Config): Promise<AppendOptions | undefined> {
  let seen: AppendOptions | undefined;
  const { writer } = createConfiguredRevocation(config, {
    openLog: () => ({
      read: () => expect.fail('nothing is read here'),
      append: async (_, options) => {
        seen = options;
        return { kind: 'repeated' };
      },
    }),
    now: () => 0,
    report: () => {},
  });
  await writer?.append([]);
  return seen;
}

describe('the binding KRATOS_DB', () => {
  it('lets sessions stay fresh for 900 s; a change is known 8 s after it, with a lag of 5 s', () => {
    const { told } = lifetimesOf(configOf({ KRATOS_DB }));
    expect(told).toEqual({ freshSeconds: 900, withinMs: 8000 });
    const chosen = { KRATOS_DB, TOLD_FRESH_SECONDS: '60', REVOCATION_LAG_SECONDS: '2' };
    expect(lifetimesOf(configOf(chosen)).told).toEqual({ freshSeconds: 60, withinMs: 5000 });
  });

  it('changes nothing by its setting alone', () => {
    const { told } = lifetimesOf(configOf({ TOLD_FRESH_SECONDS: '600' }));
    expect(told).toBeUndefined();
  });

  it('lets checks, and the marks that name them, live as long as a check can be of use', async () => {
    expect(checkLifeSeconds(lifetimesOf(configOf({})))).toBe(360);
    expect(checkLifeSeconds(lifetimesOf(configOf({ KRATOS_DB })))).toBe(1230);
    expect((await limitsOf(configOf({})))?.checkLifeMs).toBe(420_000);
    expect((await limitsOf(configOf({ KRATOS_DB })))?.checkLifeMs).toBe(1_290_000);
  });

  it('does not change how long a token counts while the log cannot be read', () => {
    expect(tokenLifeWithoutLogSeconds(configOf({}))).toBe(360);
    expect(tokenLifeWithoutLogSeconds(configOf({ KRATOS_DB }))).toBe(360);
  });

  it.each([
    [{ REVOCATION: 'off' }, 'REVOCATION to be "log"'],
    [
      { KRATOS_PUBLIC_URL: undefined, ISSUERS: [{ issuer: 'https://a.example/' }] },
      'KRATOS_PUBLIC_URL',
    ],
  ])('is refused with %j', (settings, expected) => {
    const config = readConfig({ ...SETTINGS, KRATOS_DB, ...settings });
    expect(config.ok ? [] : config.failure).toContainEqual(
      expect.stringContaining(`KRATOS_DB: expected ${expected}`),
    );
  });
});

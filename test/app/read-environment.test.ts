import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/app/read-environment.ts';

const APP = {};
const ENVIRONMENT = {
  PUBLIC_URL: 'https://site.example.com',
  POSTERN_PUBLIC_URL: 'https://app.example.com',
  POSTERN_ORIGINS: '{"app":{"binding":"APP"}}',
  ALLOWED_ORIGINS: 'of the site',
  DB: {},
  APP,
};

describe('readEnvironment()', () => {
  it('returns all names without options, those of the site too', () => {
    expect(readEnvironment(ENVIRONMENT, {})).toEqual({ ok: true, value: ENVIRONMENT });
  });

  it('takes names behind a prefix only, and the bindings that ORIGINS names', () => {
    expect(readEnvironment(ENVIRONMENT, { prefix: 'POSTERN_' })).toEqual({
      ok: true,
      value: {
        PUBLIC_URL: 'https://app.example.com',
        ORIGINS: '{"app":{"binding":"APP"}}',
        APP,
      },
    });
  });

  it('takes picked names only', () => {
    expect(readEnvironment(ENVIRONMENT, { pick: ['PUBLIC_URL'] })).toEqual({
      ok: true,
      value: { PUBLIC_URL: 'https://site.example.com' },
    });
  });

  it('lets code replace the environment, and ignores what code leaves undefined', () => {
    const settings = { PUBLIC_URL: 'https://code.example.com', ALLOWED_ORIGINS: undefined };
    const KRATOS = { fetch: () => Promise.reject(new Error('not called')) };
    const bindings = { KRATOS };
    expect(readEnvironment(ENVIRONMENT, { settings, bindings })).toEqual({
      ok: true,
      value: { ...ENVIRONMENT, PUBLIC_URL: 'https://code.example.com', KRATOS },
    });
  });

  it.each([
    [
      'behind the prefix',
      { POSTERN_PUBLC_URL: 'x' },
      { prefix: 'POSTERN_' },
      /^POSTERN_PUBLC_URL: /,
    ],
    ['in pick', {}, { pick: ['PUBLC_URL'] }, /^PUBLC_URL in pick: /],
    ['in settings', {}, { settings: { DATABASE_URL: 'x' } }, /^DATABASE_URL: /],
    ['in bindings', {}, { bindings: { DB: {} } }, /^DB: /],
  ])('refuses an unknown name %s', (_, environment, sources, problem) => {
    expect(readEnvironment(environment, sources)).toEqual({
      ok: false,
      failure: [expect.stringMatching(problem)],
    });
  });
});

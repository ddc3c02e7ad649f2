import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { FOREIGN_NAMES } from './foreign-names.ts';

const COMPLETE = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://auth.example.com',
  REVOCATIONS: {},
};
const all = Object.values(FOREIGN_NAMES).flatMap((group) => Object.entries(group));

describe('readConfig() beside names of the site’s own', () => {
  it.each(Object.entries(FOREIGN_NAMES))('passes those of %s', (_, group) => {
    expect(readConfig({ ...COMPLETE, ...group })).toEqual(readConfig(COMPLETE));
  });

  it('knows more than a hundred of them', () => {
    expect(all.length).toBeGreaterThan(100);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSignIn } from '../../src/app/compose-sign-in.ts';
import { SECRETS } from '../../src/config/secrets.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { REFUSED } from '../config/refused-settings.ts';
import { checkFile } from '../support/check-file.ts';
import { ownWranglerToml, readWranglerFile } from '../support/wrangler-file.ts';
import { ADDRESSES_MISTAKES } from './mistakes/addresses.ts';
import { EXCHANGE_MISTAKES } from './mistakes/exchange.ts';
import { FILE_MISTAKES } from './mistakes/file.ts';
import { ISSUERS_MISTAKES } from './mistakes/issuers.ts';
import { both, type Edit, tables, vars } from './mistakes/mistake.ts';
import { PLACES_MISTAKES } from './mistakes/places.ts';
import { RULES_MISTAKES } from './mistakes/rules.ts';
import { SETTINGS_MISTAKES } from './mistakes/settings.ts';

await Promise.all([loadConditionLanguage(), loadSignIn()]);
const MISTAKES = Object.entries({
  ...RULES_MISTAKES,
  ...PLACES_MISTAKES,
  ...ADDRESSES_MISTAKES,
  ...SETTINGS_MISTAKES,
  ...ISSUERS_MISTAKES,
  ...EXCHANGE_MISTAKES,
  ...FILE_MISTAKES,
});
const folder = mkdtempSync(join(tmpdir(), 'postern-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const good = ownWranglerToml();
const place = join(folder, 'wrangler.toml');

function checkText(text: string): string[] {
  writeFileSync(place, text);
  return checkFile(place);
}

describe('a mistake in wrangler.toml', () => {
  it('is none in the shipped file with hosts of an own site', () => {
    expect(checkText(good)).toEqual([]);
    expect(MISTAKES.length).toBeGreaterThanOrEqual(100);
  });

  it('is no name of the site’s own', () => {
    const names = both(
      tables('[version_metadata]', 'binding = "VERSION"'),
      tables('[[r2_buckets]]', 'binding = "FILES"', 'bucket_name = "f"'),
      tables('[[d1_databases]]', 'binding = "DB"', 'database_id = "1"', 'database_name = "x"'),
      tables('[[queues.producers]]', 'binding = "EVENTS"', 'queue = "q"'),
      tables('[ai]', 'binding = "AI"'),
      vars('LOG_LEVEL = "debug"', 'DATABASE_URL = "postgres://user:password@db.site.test/app"'),
    );
    expect(checkText(names(good))).toEqual([]);
  });

  it.each(MISTAKES)('is found with its line and remedy: %s', (_, mistake) => {
    const text = mistake.edit(good);
    const findings = checkText(text);
    const found = findings.find(
      (line) => line.startsWith(mistake.severity) && mistake.finding.test(line),
    );
    expect({ findings, found: found !== undefined }).toEqual({ findings, found: true });
    const [, line = ''] = /wrangler\.toml:(\d+):\d+: /.exec(found ?? '') ?? [];
    if (mistake.at === '') return; // a part that is missing has no line
    expect({ found, line: text.split('\n')[Number(line) - 1] }).toEqual({
      found,
      line: expect.stringContaining(mistake.at.trim()),
    });
  });

  it.each(Object.entries(REFUSED))(
    'is each value of %s that the Worker refuses',
    (name, values) => {
      const file = readWranglerFile(inText(good)).top;
      for (const value of values.filter((each) => each !== undefined)) {
        const json = join(folder, 'wrangler.json');
        const given = { ...(file.vars as object), [name]: value }; // the good file has variables
        writeFileSync(json, JSON.stringify({ ...file, vars: given }));
        const errors = checkFile(json).filter((line) => line.startsWith('error'));
        expect([value, errors.length > 0]).toEqual([value, true]);
        const isSecret = SECRETS.some((secret) => secret === name);
        if (!isSecret || typeof value !== 'string' || value.length < 5) continue;
        expect(errors.join('\n')).not.toContain(value);
      }
    },
  );

  const client = vars(
    'KEYCARD_API_URL = "https://api.keycard.ai"',
    'KEYCARD_ZONES = ["z"]',
    'KEYCARD_CLIENT_ID = "c"',
  );
  const listed = tables(
    '[secrets]',
    'required = ["KEYCARD_CLIENT_SECRET", "ADMIN_SECRETS", "ASSERTION_KEYS", "KEY_SET_SECRET"]',
  );
  it.each<[string, Edit, RegExp | undefined]>([
    [
      'may be set: a warning',
      client,
      /^warning .*KEYCARD_CLIENT_SECRET: expected .*\[secrets\] required/,
    ],
    ['is listed: nothing', (text) => listed(client(text)), undefined],
    [
      'is not listed: an error',
      (text) => tables('[secrets]', 'required = ["ADMIN_SECRETS"]')(client(text)),
      /^error .*KEYCARD_CLIENT_SECRET: expected/,
    ],
    [
      'has nearly the name of one of Postern’s: a warning',
      tables('[secrets]', 'required = ["ADMIN_SECRET"]'),
      /^warning .*ADMIN_SECRET: .*Did you mean "ADMIN_SECRETS"/,
    ],
  ])('is judged by what the file says of a secret that %s', (_, edit, expected) => {
    const findings = checkText(edit(good));
    expect(findings).toEqual(
      expected === undefined ? [] : expect.arrayContaining([expect.stringMatching(expected)]),
    );
  });
});

function inText(text: string): string {
  writeFileSync(place, text);
  return place;
}

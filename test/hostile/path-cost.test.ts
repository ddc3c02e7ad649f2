import { describe, expect, it } from 'vitest';
import { admit } from '../../src/http/admit.ts';
import { PATH_FORMS } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import type { RuleSettings } from '../../src/rules/rules.ts';
import { Rules } from '../../src/rules/rules.ts';
import { lowestCpuMs } from '../support/cpu-time.ts';
import { pathPattern } from '../support/path-pattern.ts';

/** The platform takes no longer URL. */
const LENGTH = 16_000;
const MAX_CPU_MS = 5;
/** Beginnings that leave a path every way to be read, and what is then repeated to its end. */
const HEADS = [
  '/',
  '/a/',
  '/%252541%3f;/',
  '/%25252541%253f;a%2f//',
  '/a;b%2fc;d//e%3ff%253bg%252fh%253fi',
];
const UNITS = [
  ...['a', 'a/', '/', '//', ';', 'a;', '/;a', '/a;b', '/;/', '%41', '%C3%A9', '%25C3%25A9', 'a.'],
  ...['%2f', '%2F', '%2f%2f', '%252f', '%3b', '%3b/', '%253b', '%3f', '%23', '%253f'],
  ...['a%2f;b//', '%252f;%3f//', 'a%253b%252f/', '/%3b%2f;', '../'],
];

const RULE: Omit<RuleSettings, 'path'> = {
  session: 'required',
  freshness: 'normal',
  preflight: [],
  forwarded_headers: [],
  forward_credentials: false,
  cut_streams: false,
  scopes: [],
  cache_control: 'no-store',
};
/** 200, as many as there may be, of all kinds. */
const RULES = Array.from({ length: 50 }, (_, index) => [
  { ...RULE, path: pathPattern(`/a${index}/:x/b/*`) },
  { ...RULE, path: pathPattern(`/:a/:b/:c/:d/x${index}`) },
  { ...RULE, path: pathPattern(`/p/q/r/${index}`) },
  { ...RULE, path: pathPattern(`/a/:b/${'c'.repeat(index)}/*`) },
]).flat();

describe('a path with many readings', () => {
  const rules = new Rules(RULES);
  const site = {
    hosts: new SiteHosts('https://app.example.test'),
    allowedForms: new Set(PATH_FORMS),
  };

  it.each(HEADS)('P29: costs little, with 200 rules, if it begins with %s', async (head) => {
    for (const unit of UNITS) {
      const path = head + unit.repeat((LENGTH - head.length) / unit.length);
      const request = {
        method: 'GET',
        url: `https://app.example.test${path}`,
        headers: new Headers(),
      };
      const cpuMs = await lowestCpuMs(() => {
        const admitted = admit(request, site);
        if (admitted.ok) rules.match(admitted.value);
      });
      expect([unit, cpuMs < MAX_CPU_MS || cpuMs]).toEqual([unit, true]);
    }
  });
});

import { expect, it } from 'vitest';
import { nameDevice } from '../../src/pages/device-name.ts';
import { ENGLISH } from '../../src/pages/texts.ts';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

it.each([
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/148.0.0.0 Safari/537.36`,
    'Chrome on Windows',
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0`,
    'Edge on Windows',
  ],
  [
    `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Chrome/148.0.0.0 Safari/537.36 OPR/120.0`,
    'Opera on Mac',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
    'Safari on Mac',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/148.0 Mobile/15E148 Safari/604.1',
    'Chrome on iPad',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/150.0 Mobile/15E148 Safari/605.1.15',
    'Firefox on iPhone',
  ],
  [
    `Mozilla/5.0 (Linux; Android 16; SM-S921B) ${WEBKIT} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`,
    'Samsung Internet on Android',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0', 'Firefox on Linux'],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 16093.0.0) ${WEBKIT} Chrome/148.0.0.0 Safari/537.36`,
    'Chrome on ChromeOS',
  ],
  ['okhttp/5.1.0', 'okhttp'],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/156.0.0.0 Safari/537.36`,
    'Chrome on Linux',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64) NetSurf/3', 'Browser on Linux'],
  ['curl/8.9.1', 'curl'],
  ['Example App', 'Example'],
  ['', 'Unknown device'],
  ['   ', 'Unknown device'],
  ['/', 'Unknown device'],
])('nameDevice(%j) is %j', (userAgent, name) => {
  expect(nameDevice(userAgent, ENGLISH)).toBe(name);
});

it('nameDevice() returns a short name for any input', () => {
  expect(nameDevice('a'.repeat(4096), ENGLISH)).toHaveLength(60);
});

it('nameDevice() takes no long time for any input', () => {
  const startedAt = performance.now();
  expect(nameDevice(`Mozilla/5.0 ${'Version/1 '.repeat(20_000)}`, ENGLISH)).toBe('Browser');
  expect(performance.now() - startedAt).toBeLessThan(500);
});

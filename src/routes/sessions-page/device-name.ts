// Pure: no I/O, no clock.

/** Browsers in order: the `User-Agent` of a browser may also match patterns below its own. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|\bCriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
  [/^Mozilla\//, 'Browser'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\bWindows\b/, 'Windows'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMacintosh\b/, 'Mac'],
  [/\bLinux\b/, 'Linux'],
];
const MAX_LENGTH = 60;

/**
 * Names the device behind a `User-Agent` (RFC 9110 section 10.1.5) in common words: browser and system, or the first
 * product named. The name is a guess. It is only for people who know their devices.
 */
export function nameDevice(userAgent: string): string {
  const browser = firstIn(BROWSERS, userAgent) ?? userAgent.split(/[/ ]/, 1)[0]?.trim();
  const system = firstIn(SYSTEMS, userAgent);
  if (!browser) return 'Unknown device';
  return `${browser}${system === undefined ? '' : ` on ${system}`}`.slice(0, MAX_LENGTH);
}

function firstIn(
  names: readonly (readonly [RegExp, string])[],
  userAgent: string,
): string | undefined {
  return names.find(([pattern]) => pattern.test(userAgent))?.[1];
}

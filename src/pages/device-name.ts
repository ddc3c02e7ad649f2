// No I/O, no clock.
import { fill, type Texts } from './texts.ts';

/** Browsers in order: the `User-Agent` of a browser may also match patterns below its own. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|\bCriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
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
/** The part of a `User-Agent` that is read. Real ones are shorter, and the time of a pattern grows faster than the text. */
const MAX_READ_LENGTH = 1024;

/**
 * Names the device behind a `User-Agent` (RFC 9110 section 10.1.5) in common words: browser and system, or the first
 * product named. The name is a guess. It is only for people who know their devices.
 */
export function nameDevice(sent: string, texts: Texts): string {
  const userAgent = sent.slice(0, MAX_READ_LENGTH);
  const browser = firstIn(BROWSERS, userAgent) ?? firstProduct(userAgent, texts);
  const system = firstIn(SYSTEMS, userAgent);
  if (!browser) return texts.unknownDevice;
  const name = system === undefined ? browser : fill(texts.deviceOn, { browser, system });
  return name.slice(0, MAX_LENGTH);
}

function firstProduct(userAgent: string, texts: Texts): string | undefined {
  return userAgent.startsWith('Mozilla/')
    ? texts.unknownBrowser
    : userAgent.split(/[/ ]/, 1)[0]?.trim();
}

function firstIn(
  names: readonly (readonly [RegExp, string])[],
  userAgent: string,
): string | undefined {
  return names.find(([pattern]) => pattern.test(userAgent))?.[1];
}

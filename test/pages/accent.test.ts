import { expect, it } from 'vitest';
import { textOn } from '../../src/pages/accent.ts';

/** The contrast ratio as WCAG 2.2 defines it, from two colours as `#rrggbb`. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const number = Number.parseInt(colour.slice(1), 16);
  const channels = [number >> 16, (number >> 8) & 255, number & 255].map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return channels.reduce((sum, value, at) => sum + value * ([0.2126, 0.7152, 0.0722][at] ?? 0), 0);
}

it('knows contrasts that WebAIM’s checker shows', () => {
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  expect(contrast('#0000ff', '#ffffff')).toBeCloseTo(8.59, 2);
});

it.each([
  ['#000000', '#fff'],
  ['#ffffff', '#000'],
  ['#ffcc00', '#000'],
  ['#1d4ed8', '#fff'],
])('textOn(%j) is %s', (accent, text) => {
  expect(textOn(accent)).toBe(text);
});

it('textOn() has a contrast of at least 4.5:1 on every colour', () => {
  for (let step = 0; step < 4096; step += 1) {
    // 4099 is a prime, so the colours are spread over all hues.
    const accent = `#${((step * 4099 + 17) % 0x1000000).toString(16).padStart(6, '0')}`;
    const text = textOn(accent) === '#fff' ? '#ffffff' : '#000000';
    expect([accent, contrast(accent, text) >= 4.5]).toEqual([accent, true]);
  }
  for (let grey = 0; grey < 256; grey += 1) {
    const accent = `#${grey.toString(16).padStart(2, '0').repeat(3)}`;
    const text = textOn(accent) === '#fff' ? '#ffffff' : '#000000';
    expect([accent, contrast(accent, text) >= 4.5]).toEqual([accent, true]);
  }
});

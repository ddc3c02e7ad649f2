// No I/O, no clock.

/**
 * Returns the colour of text on an accent colour: black or white, whichever has the greater contrast. That is at least
 * 4.58:1 on every colour, because the contrasts of a colour with black and with white multiply to 21 (WCAG 2.2, contrast ratio).
 *
 * @param accent `#rrggbb`
 */
export function textOn(accent: string): '#000' | '#fff' {
  const luminance = relativeLuminance(accent);
  const withWhite = 1.05 / (luminance + 0.05);
  const withBlack = (luminance + 0.05) / 0.05;
  return withWhite >= withBlack ? '#fff' : '#000';
}

/** WCAG 2.2, relative luminance. */
function relativeLuminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    linear(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(channel: number): number {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
}

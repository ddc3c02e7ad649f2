// Pure: no I/O, no clock.

/**
 * A text in a form that takes little memory: one byte for each character, or UTF-8. V8 keeps a text that is not Latin-1
 * with two bytes for each character, so such a text is kept as UTF-8.
 */
export type CompactText = string | Uint8Array;

const BEYOND_LATIN_1 = /[\u0100-\uffff]/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @param text a text that was read from UTF-8. Half of a surrogate pair would become U+FFFD */
export function compactText(text: string): CompactText {
  return BEYOND_LATIN_1.test(text) ? encoder.encode(text) : text;
}

export function wholeText(text: CompactText): string {
  return typeof text === 'string' ? text : decoder.decode(text);
}

/** JSON texts, and texts that only look like JSON. The grammar of RFC 8259 says which is which. */

import {
  BYTE_ORDER_MARK,
  HUGE_NUMBERS,
  ILL_FORMED,
  LITERALS,
  LONE_SURROGATES,
  NOT_LITERALS,
  NOT_NUMBERS,
  NOT_STRINGS,
  NUMBERS,
  STRINGS,
} from './json-grammar.ts';
import {
  COMMENTS,
  DUPLICATES,
  NOT_SPACES,
  NOT_STRUCTURES,
  SPACES,
  STRUCTURES,
} from './json-structures.ts';

/** The verdict of RFC 8259 about a text. `either`: section 6, 8 or 9 lets parsers differ. */
export type JsonVerdict = 'valid' | 'invalid' | 'either';

/** A flaw that the grammar allows, or that depends on how the bytes are decoded. */
export type JsonFlaw = 'duplicate-name' | 'ill-formed-utf-8' | 'byte-order-mark';

export interface JsonText {
  /** The section of RFC 8259 that decides, and what the text shows. */
  readonly name: string;
  readonly verdict: JsonVerdict;
  readonly flaw: JsonFlaw | undefined;
  readonly bytes: Uint8Array;
}

/** A byte, or text that is encoded as UTF-8. */
type Piece = string | number;

/** All texts, each once. */
export const JSON_TEXTS: readonly JsonText[] = unique([
  ...inPlaces('3: literal', LITERALS, 'valid'),
  ...inPlaces('3: no literal', NOT_LITERALS, 'invalid'),
  ...inPlaces('6: number', NUMBERS, 'valid'),
  ...inPlaces('6: no number', NOT_NUMBERS, 'invalid'),
  ...inPlaces('6: number out of range', HUGE_NUMBERS, 'either'),
  ...inPlaces('7: string', STRINGS, 'valid'),
  ...inPlaces('7: no string', NOT_STRINGS, 'invalid'),
  ...STRUCTURES.map((text) => json('2: structure', text, 'valid')),
  ...NOT_STRUCTURES.map((text) => json('2: no structure', text, 'invalid')),
  ...STRUCTURES.flatMap((text) =>
    [1, Math.ceil(text.length / 2), text.length - 1].map((end) =>
      json('2: cut off', text.slice(0, end), 'invalid'),
    ),
  ),
  ...COMMENTS.flatMap((comment) =>
    [`${comment}{}`, `{}${comment}`, `{${comment}}`, `{"a":${comment}1}`].map((text) =>
      json('2: comment', text, 'invalid'),
    ),
  ),
  ...SPACES.flatMap((space) => spaced(space).map((text) => json('2: whitespace', text, 'valid'))),
  ...NOT_SPACES.flatMap((space) =>
    spaced(space).map((text) => json('2: no whitespace', text, 'invalid')),
  ),
  ...DUPLICATES.map((text) => json('4: name twice', text, 'valid', 'duplicate-name')),
  ...LONE_SURROGATES.flatMap((pair) =>
    [`"${pair}"`, `{"a":"${pair}"}`, `{"${pair}":0}`].map((text) =>
      json('8.2: lone surrogate', text, 'either'),
    ),
  ),
  ...ILL_FORMED.flatMap((bytes) => [
    json('8.1: ill-formed value', ['{"a":"', ...bytes, '"}'], 'either', 'ill-formed-utf-8'),
    json('8.1: ill-formed name', ['{"', ...bytes, '":1}'], 'either', 'ill-formed-utf-8'),
    json(
      '8.1: ill-formed outside a string',
      ['{"a":', ...bytes, '}'],
      'invalid',
      'ill-formed-utf-8',
    ),
    json('8.1: ill-formed in a number', ['[1', ...bytes, ']'], 'invalid', 'ill-formed-utf-8'),
  ]),
  ...[[0xfe, 0xff], [0xff, 0xfe], []].map((mark) =>
    json(
      '8.1: UTF-16',
      [...mark, ...Buffer.from('{"a":1}', 'utf16le')],
      'invalid',
      'ill-formed-utf-8',
    ),
  ),
  ...['{}', '[]', '{"a":1}', '"a"', '1'].map((text) =>
    json('8.1: byte order mark', [...BYTE_ORDER_MARK, text], 'either', 'byte-order-mark'),
  ),
  json('8.1: byte order mark alone', BYTE_ORDER_MARK, 'invalid', 'byte-order-mark'),
  json('8.1: cut byte order mark', [0xef, 0xbb, '{}'], 'invalid', 'ill-formed-utf-8'),
  json('8.1: byte order mark at the end', ['{}', ...BYTE_ORDER_MARK], 'invalid', 'byte-order-mark'),
  ...[100, 500].flatMap((depth) => [
    json('9: deep arrays', `${'['.repeat(depth)}${']'.repeat(depth)}`, 'either'),
    json('9: deep objects', `${'{"a":'.repeat(depth)}0${'}'.repeat(depth)}`, 'either'),
  ]),
  json('2: 100,000 open arrays', '['.repeat(100_000), 'invalid'),
  json('2: 50,000 open arrays and objects', '[{"":'.repeat(50_000), 'invalid'),
  json('2: 100,000 closed arrays', ']'.repeat(100_000), 'invalid'),
]);

/** A value alone, in an array and in an object: RFC 8259 section 2 allows a value in each place. */
function inPlaces(name: string, values: readonly string[], verdict: JsonVerdict): JsonText[] {
  return values.map((value, index) => {
    const [before, after] = [
      ['', ''],
      ['[', ']'],
      ['{"a":', '}'],
    ][index % 3] as [string, string]; // three pairs
    return json(name, `${before}${value}${after}`, verdict);
  });
}

function spaced(space: string): string[] {
  return [
    `${space}{}`,
    `{}${space}`,
    `{${space}"a"${space}:${space}1${space}}`,
    `[1${space},${space}2]`,
  ];
}

function json(
  name: string,
  pieces: string | readonly Piece[],
  verdict: JsonVerdict,
  flaw?: JsonFlaw,
): JsonText {
  const parts = typeof pieces === 'string' ? [pieces] : pieces;
  const bytes = Buffer.concat(
    parts.map((piece) => (typeof piece === 'number' ? Buffer.of(piece) : Buffer.from(piece))),
  );
  const shown = bytes.length > 60 ? `${bytes.length} bytes` : bytes.toString('latin1');
  return { name: `${name}: ${shown}`, verdict, flaw, bytes };
}

function unique(texts: readonly JsonText[]): JsonText[] {
  return [
    ...new Map(texts.map((text) => [Buffer.from(text.bytes).toString('latin1'), text])).values(),
  ];
}

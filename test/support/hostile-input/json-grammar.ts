/** Values that the grammar of RFC 8259 makes, and texts that break it in one place. */

export const NUMBERS = products(
  ['', '-'],
  ['0', '7', '120'],
  ['', '.0', '.25'],
  ['', 'e1', 'E+02', 'e-3'],
);
export const NOT_NUMBERS = [
  ...[
    '+1',
    '++1',
    '--1',
    '-',
    '+',
    '.5',
    '-.5',
    '1.',
    '-1.',
    '1.e3',
    '0.e1',
    '01',
    '-01',
    '00',
    '1.2.3',
    '1e',
    '1E',
  ],
  ...[
    '1e+',
    '1e-',
    '0e',
    '0E+',
    '1.0e',
    '1.0e+',
    '1ee2',
    '1e2e3',
    '1e2.5',
    '1 000',
    '1_000',
    '1,5e',
    '- 1',
    '0x',
    '0x1F',
  ],
  ...[
    '0b1',
    '0o7',
    '1f',
    '1n',
    '1a',
    '-x',
    '.-1',
    '1+2',
    '1e*',
    'NaN',
    '-NaN',
    'Inf',
    '+Inf',
    '-Infinity',
    'Infinity',
  ],
  ...['infinity', '\uff11', '\u0661', '-\u2212', '1\u00a0', '1\u0000'],
];
export const HUGE_NUMBERS = [
  ...['1e400', '-1e400', '1e-400', '123e-10000000', '0.4e00669999999999999999', '-1e+9999'],
  ...[
    '9'.repeat(400),
    `-${'9'.repeat(400)}`,
    '9007199254740993',
    '-9223372036854775809',
    `0.${'1'.repeat(400)}`,
  ],
];

export const STRINGS: readonly string[] = [
  ...[
    '""',
    '" "',
    '"text"',
    '"a/*b*/c//d#e"',
    '"\\u0061\\u30af\\u30EA\\u30b9"',
    '"\\\\u0000"',
    '"\\\\n"',
    '"\\""',
  ],
  ...['"', '\\', '/', 'b', 'f', 'n', 'r', 't'].map((letters) => `"\\${letters}"`),
  ...['0000', '001f', '0022', '005C', '007F', '00a0', '200B', '2028', 'FDD0', 'FFFE', 'ffff'].map(
    (hex) => `"\\u${hex}"`,
  ),
  ...['"\\uD834\\uDd1e"', '"\\ud800\\udc00"', '"\\uDBFF\\uDFFF"', '"\\ud83d\\ude39\\ud83d\\udc8d"'],
  ...[
    0x20, 0x7e, 0x7f, 0x80, 0x9f, 0xa0, 0xe9, 0x7ff, 0x800, 0x2028, 0x2029, 0x2064, 0xd7ff, 0xe000,
    0xfdd0, 0xfffe,
  ].map(quoted),
  ...[0xffff, 0x10000, 0x1bfff, 0x1d11e, 0x1fffe, 0x10fffe, 0x10ffff].map(quoted),
  `"${'x'.repeat(5000)}"`,
];
export const LONE_SURROGATES = [
  '\\ud800',
  '\\uDFFF',
  '\\udc00\\ud800',
  '\\uD800\\uD800',
  '\\ud800x',
  '\\uD83D\\n',
  '\\ud888\\u1234',
];
export const NOT_STRINGS: readonly string[] = [
  ...Array.from({ length: 0x20 }, (_, code) => quoted(code)),
  ...[
    'x41',
    'a',
    'v',
    '0',
    '8',
    "'",
    'U0041',
    'u',
    'u0',
    'u00',
    'u00A',
    'u00G0',
    'u{41}',
    'u+041',
    'u 041',
    '\t',
    '\u00e9',
  ].map((letters) => `"\\${letters}"`),
  ...[
    '"',
    '"a',
    '"\\"',
    '"\\\\\\"',
    "'a'",
    '`a`',
    '\u201ca\u201d',
    'a',
    '\u00e9',
    '"a"b',
    '"a\'',
    '\\u0020"a"',
    '\\n',
    '"\\',
  ],
  ...[
    '"\\uD834\\"',
    '"\\uD834\\u"',
    '"\\uD834\\u1"',
    '"\\uD834\\u1x"',
    '"\\uD834\\uDd1"',
    '"\\uDx34"',
  ],
];

export const LITERALS = ['true', 'false', 'null'];
export const NOT_LITERALS = [
  ...LITERALS.flatMap((word) => [
    word.slice(0, -1),
    word.toUpperCase(),
    `T${word}`,
    `${word}0`,
    `${word}s`,
  ]),
  ...['True', 'False', 'None', 'undefined', 'nul l', 'tru\u0435', 'yes', 'a\u00e5'],
];

export const ILL_FORMED: readonly (readonly number[])[] = [
  [0x80],
  [0xbf],
  [0xc3],
  [0xc0, 0xaf],
  [0xc1, 0xbf],
  [0xe2, 0x82],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x80, 0x80, 0xaf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfc, 0x83, 0xbf, 0xbf, 0xbf, 0xbf],
  [0xfe],
  [0xff],
  [0xe9],
  [0xc3, 0x28],
  [0xc0, 0x80],
];
export const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function quoted(codePoint: number): string {
  return `"${String.fromCodePoint(codePoint)}"`;
}

/** Every way to take one text of each list. */
function products(...lists: readonly (readonly string[])[]): string[] {
  return lists.reduce<string[]>(
    (texts, list) => texts.flatMap((text) => list.map((next) => text + next)),
    [''],
  );
}

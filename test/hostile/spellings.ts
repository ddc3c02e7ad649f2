import fc from 'fast-check';

/** A request as its parts, and what the rules of {@link SITE} ask of it. */
export interface Spelt {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly asks: Asks;
}

/** `refused`: before any rule is looked at. */
export type Asks = 'nothing' | 'a session' | 'refused';

/** A site of three hosts, whose last rule opens all that the first one is not for. */
export const SITE = {
  PUBLIC_URL: 'https://app.example.test',
  HOSTS: ['Admin.example.test.:443', 'dev.example.test:08443'],
  RULES: [
    { host: 'ADMIN.example.test:443', path: '/*', session: 'required' },
    { host: 'dev.example.test:8443', path: '/closed/*', session: 'required' },
    { path: '/private', methods: ['GET', 'POST'], session: 'required' },
    { path: '/caf%c3%a9/:name/edit', session: 'required' },
    { path: '/*', session: 'none' },
  ],
};

/** The rules above once more, by hand. Paths are decoded. */
function asksOf(host: string, path: string, method: string): Asks {
  if (host === 'admin.example.test') return 'a session';
  if (host === 'dev.example.test:8443' && path.startsWith('/closed/')) return 'a session';
  if (path === '/private' && ['GET', 'HEAD', 'POST'].includes(method)) return 'a session';
  return path === '/café/x/edit' ? 'a session' : 'nothing';
}

const HOSTS = ['app.example.test', 'admin.example.test', 'dev.example.test:8443'];
const OTHER_HOSTS = [
  'dev.example.test',
  'app.example.test:8443',
  'admin.example.test:80',
  'admin.example.test:44',
  'x.app.example.test',
  'evil.example',
];
const PATHS = ['/', '/private', '/private/x', '/closed/x', '/closed', '/café/x/edit', '/a-b_c~d'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** One choice for each letter of a text of at most 32. */
const choices = fc.nat(0xffff_ffff).map((bits) => (index: number) => ((bits >>> index) & 1) === 1);

/** RFC 3986 section 6.2.2.1 and 6.2.3, RFC 9110 section 4.2.3: case, a final dot, the default port, zeros before a port. */
function spellHost(host: string): fc.Arbitrary<string> {
  const [name = '', port = '443'] = host.split(':');
  const ports = [`:${port}`, `:0${port}`, `:00${port}`];
  const ends = port === '443' ? ['', ':', ...ports] : ports;
  return fc
    .tuple(choices, fc.constantFrom('', '.'), fc.constantFrom(...ends))
    .map(([isUpper, dot, end]) => inCase(name, isUpper) + dot + end);
}

/** RFC 3986 section 6.2.2.1 and 6.2.2.2: an unreserved character may be escaped, and hex digits have two cases. */
function spellPath(path: string): fc.Arbitrary<string> {
  return fc
    .tuple(choices, choices)
    .map(([isEscaped, isLower]) =>
      [...path]
        .map((character, index) => spellCharacter(character, isEscaped(index), isLower(index)))
        .join(''),
    );
}

function spellCharacter(character: string, isEscaped: boolean, isLower: boolean): string {
  if (character === '/' || (!isEscaped && character <= '~')) return character;
  const escaped = [...Buffer.from(character)].map((byte) => `%${byte.toString(16)}`).join('');
  return isLower ? escaped : escaped.toUpperCase();
}

function inCase(text: string, isUpper: (index: number) => boolean): string {
  return [...text].map((letter, at) => (isUpper(at) ? letter.toUpperCase() : letter)).join('');
}

/** Any spelling of any request that the site serves. */
export const spelling: fc.Arbitrary<Spelt> = fc
  .tuple(fc.constantFrom(...HOSTS), fc.constantFrom(...PATHS), fc.constantFrom(...METHODS))
  .chain(([host, path, method]) =>
    fc.record({
      host: spellHost(host),
      path: spellPath(path),
      method: fc.constant(method),
      asks: fc.constant(asksOf(host, path, method)),
    }),
  );

/** Any spelling of a host that the site does not have, or of a method that is none (RFC 9110 section 9.1). */
export const foreign: fc.Arbitrary<Spelt> = fc
  .oneof(
    fc.tuple(fc.constantFrom(...OTHER_HOSTS), spelling).chain(([host, spelt]) =>
      (host.includes(':') ? fc.constant(host) : spellHost(host)).map((text) => ({
        ...spelt,
        host: text,
      })),
    ),
    fc.tuple(spelling, fc.integer({ min: 0, max: 2 })).map(([spelt, at]) => ({
      ...spelt,
      method: spelt.method.slice(0, at) + spelt.method.slice(at).toLowerCase(),
    })),
  )
  .map((spelt) => ({ ...spelt, asks: 'refused' as const }));

const JUNK = [
  ...[
    '/',
    '/x',
    '/x?',
    '/x#',
    '?',
    '#',
    '\\',
    '@',
    ':',
    '::443',
    ' ',
    ',',
    ', x',
    '%2f',
    '%00',
    '\x7f',
  ],
  ...[
    '/x?a=',
    '/private',
    '//',
    'x@',
    'http://',
    '*',
    '[',
    ']',
    '..',
    ':99999',
    ':4a',
    '\xe9',
    ';',
    '|',
  ],
];

/** A host that carries something else as well: no authority (RFC 3986 section 3.2), so no request. */
export const overfullHost: fc.Arbitrary<Spelt> = fc
  .tuple(spelling, fc.constantFrom(...JUNK), fc.nat(40))
  .map(([spelt, junk, at]) => ({
    ...spelt,
    host: insertAt(spelt.host, junk, at),
    asks: 'refused' as const,
  }))
  .filter(({ host }) => !/^[a-z0-9.-]+\.?(?::\d*)?$/i.test(host.trim()));

/** A path that is no origin-form (RFC 9112 section 3.2.1), as it does not begin with a slash, or holds a `#`. */
export const overfullPath: fc.Arbitrary<Spelt> = fc
  .tuple(
    spelling,
    fc.constantFrom('http://app.example.test', 'app.example.test', ':443', '@x', '?', '*', 'x', ''),
    fc.boolean(),
  )
  .map(([spelt, before, isHash]) => ({
    ...spelt,
    path: isHash ? `${spelt.path}#${before}` : before + (before === '' ? '' : spelt.path),
    asks: 'refused' as const,
  }));

function insertAt(text: string, junk: string, at: number): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + junk + text.slice(place);
}

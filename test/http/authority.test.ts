import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthority } from '../../src/http/authority.ts';

const https = (text: string) => parseAuthority(text, 'https:');

describe('parseAuthority()', () => {
  it.each([
    // RFC 9110 section 4.2.3 and RFC 3986 section 6.2.3: http://example.com, :, :80 are equivalent.
    ['http:', 'example.com', 'example.com'],
    ['http:', 'example.com:', 'example.com'],
    ['http:', 'example.com:80', 'example.com'],
    ['http:', 'EXAMPLE.com:80', 'example.com'],
    ['http:', 'example.com:443', 'example.com:443'],
    ['https:', 'example.com:443', 'example.com'],
    ['https:', 'example.com:80', 'example.com:80'],
    ['https:', 'example.com:08443', 'example.com:8443'],
    // RFC 3986 section 3.2.2: a final dot ends a fully qualified name.
    ['https:', 'example.com.', 'example.com'],
    ['https:', 'Example.COM.:443', 'example.com'],
    ['https:', 'XN--E1AFMKFD.example', 'xn--e1afmkfd.example'],
    // RFC 5952 section 4.
    ['https:', '[2001:0db8:0000:0000:0001:0000:0000:0001]', '[2001:db8::1:0:0:1]'],
    ['https:', '[2001:DB8::1]:443', '[2001:db8::1]'],
    ['https:', '[0:0:0:0:0:0:0:1]:8443', '[::1]:8443'],
    ['https:', '[::ffff:192.0.2.1]', '[::ffff:c000:201]'],
    // Short and hexadecimal addresses are names here, and no other spelling of 127.0.0.1.
    ['https:', '127.0.0.1', '127.0.0.1'],
    ['https:', '127.1', '127.1'],
    ['https:', '0x7f.1', '0x7f.1'],
  ] as const)('P26: %s//%s is %s', (scheme, text, expected) => {
    expect(parseAuthority(text, scheme)).toBe(expected);
  });

  it.each([
    '',
    '.',
    '..',
    'example.com..',
    ':443',
    'example.com:443:443',
    'example.com:+443',
    'example.com:4 43',
    'example.com:65536',
    `example.com:${'9'.repeat(400)}`,
    'example.com:443/',
    'user@example.com',
    '@example.com',
    'example.com?',
    'example.com#',
    'example.com\\',
    'exa mple.com',
    'example.com ',
    ' example.com',
    'example.com\t',
    'example.com\n',
    'a,b',
    'example%2ecom',
    'exämple.com',
    'example。com',
    '*',
    '*.example.com',
    '[::1',
    '::1',
    '[::1]x',
    '[::1%25eth0]',
    '[127.0.0.1]',
    '[v1.a]',
    '[1:2:3]',
    '[]',
  ])('F10: refuses %j', (text) => expect(https(text)).toBeUndefined());

  it('P26: agrees with the URL standard on every spelling of a name, an address and a port', () => {
    const label = fc.stringMatching(/^[a-zA-Z](?:[a-zA-Z0-9-]{0,5}[a-zA-Z0-9])?$/);
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const host = fc.oneof(
      name.filter((text) => !/xn--/i.test(text)),
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    const port = fc.oneof(
      fc.constantFrom('', ':', ':443', ':80', ':0443', ':8443'),
      fc.nat(70_000).map((number) => `:${number}`),
    );
    fc.assert(
      fc.property(host, port, fc.constantFrom('http:', 'https:'), (text, suffix, scheme) => {
        const theirs = URL.parse(`${scheme}//${text}${suffix}`)?.host;
        expect([text, suffix, parseAuthority(text + suffix, scheme)]).toEqual([
          text,
          suffix,
          theirs,
        ]);
      }),
      { numRuns: 20_000 },
    );
  });

  it('gives one value for one authority: parsing it again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA1.:[]-_/@?443') }), (text) => {
        const read = https(text);
        if (read !== undefined) expect(https(read)).toBe(read);
      }),
      { numRuns: 50_000 },
    );
  });
});

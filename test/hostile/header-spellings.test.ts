import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderFilter } from '../../src/forwarding/header-filter.ts';

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

describe('HeaderFilter', () => {
  const filter = new HeaderFilter(['X-User-Id', 'X-User-Email', 'X-Display']);
  const separator = fc.constantFrom(...TOKEN.replace(/[a-z0-9]/gi, ''));

  it('H3: recognizes a name with any separators and case (100,000 generated)', () => {
    const words = fc.constantFrom(
      ...[
        'x user id',
        'x user email',
        'x display',
        'x forwarded for',
        'x forwarded host',
        'x real ip',
        'x auth user',
        'remote user',
        'x original url',
        'x rewrite url',
        'x http method override',
        'x kratos authenticated identity id',
        'x session assertion',
        'cf connecting ip',
        'true client ip',
        'x middleware subrequest',
        'x envoy original path',
        'forwarded',
        'postern hops',
      ],
    );
    const spelt = fc
      .tuple(
        words,
        fc.array(separator, { minLength: 6, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
      )
      .map(([name, separators, capitals]) => {
        let at = 0;
        return [...name.replace(/ /g, () => separators[at++ % separators.length] ?? '-')]
          .map((letter, index) => (capitals[index] ? letter.toUpperCase() : letter))
          .join('');
      });
    fc.assert(
      fc.property(spelt, (name) => {
        expect(filter.classifyHeader(name).isUntrusted).toBe(true);
      }),
      { numRuns: 100_000 },
    );
  });

  it('passes headers of browsers and applications', () => {
    const names =
      'accept accept-language user-agent content-type range if-none-match origin referer sec-fetch-mode x-requested-with x-csrf-token traceparent tracestate x-request-id authorization cookie last-event-id sec-websocket-protocol priority dnt save-data x-api-key idempotency-key'.split(
        ' ',
      );
    expect(names.filter((name) => filter.classifyHeader(name).isUntrusted)).toEqual([]);
  });
});

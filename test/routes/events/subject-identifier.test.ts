import { describe, expect, it } from 'vitest';
import { readSubject } from '../../../src/routes/events/subject-identifier.ts';
import type { JsonValue } from '../../../src/runtime/json.ts';

const ISSUER = 'https://issuer.example.com/';

const read = (subject: JsonValue | undefined) => readSubject(subject, ISSUER);
const opaque = (id: string) => ({ format: 'opaque', id });
const issSub = (sub: string, iss = ISSUER) => ({ format: 'iss_sub', iss, sub });
const aliases = (...identifiers: JsonValue[]) => ({ format: 'aliases', identifiers });
const complex = (members: { readonly [member: string]: JsonValue }) => ({
  format: 'complex',
  ...members,
});

const EMAIL = { format: 'email', email: 'user@example.com' };
const PHONE = { format: 'phone_number', phone_number: '+12065550100' };
const NO_FORMAT = { email: 'user@example.com' };

describe('readSubject() of the formats of RFC 9493', () => {
  it.each([
    ['iss_sub, a person', issSub('145234573'), [{ identityId: '145234573' }]],
    ['iss_sub of another issuer', issSub('145234573', 'https://other.test/'), 'foreign'],
    ['opaque, a session or a person', opaque('11112222'), [{ eitherId: '11112222' }]],
    ['jwt_id', { format: 'jwt_id', iss: ISSUER, jti: 'B70B' }, [{ tokenId: 'B70B' }]],
    ['jwt_id of another issuer', { format: 'jwt_id', iss: 'https://o.test/', jti: 'B' }, 'foreign'],
    ['email', EMAIL, 'unmappable'],
    ['phone_number', PHONE, 'unmappable'],
    ['account', { format: 'account', uri: 'acct:example.user@service.example.com' }, 'unmappable'],
    ['did', { format: 'did', url: 'did:example:123456' }, 'unmappable'],
    ['uri', { format: 'uri', uri: 'https://user.example.com/' }, 'unmappable'],
    ['a format that is registered later', { format: 'something-new' }, 'unmappable'],
  ])('%s', (_, subject, expected) => {
    expect(read(subject)).toEqual(expected);
  });

  it.each<[string, JsonValue | undefined]>([
    ['a missing subject', undefined],
    ['null', null],
    ['a text', 'user@example.com'],
    ['a list', [issSub('1')]],
    ['no format', NO_FORMAT],
    ['a format that is no text', { format: 7, id: '1' }],
    ['iss_sub without iss', { format: 'iss_sub', sub: '1' }],
    ['iss_sub without sub', { format: 'iss_sub', iss: ISSUER }],
    ['iss_sub with an empty sub', issSub('')],
    ['iss_sub with a sub that is no text', { format: 'iss_sub', iss: ISSUER, sub: 7 }],
    ['jwt_id without iss', { format: 'jwt_id', jti: '1' }],
    ['jwt_id without jti', { format: 'jwt_id', iss: ISSUER }],
    ['opaque without id', { format: 'opaque' }],
    ['opaque with an empty id', opaque('')],
  ])('refuses %s', (_, subject) => {
    expect(read(subject)).toBe('malformed');
  });

  it('accepts an id of 512 characters, and refuses one of 513', () => {
    expect(read(opaque('i'.repeat(512)))).toEqual([{ eitherId: 'i'.repeat(512) }]);
    expect(read(opaque('i'.repeat(513)))).toBe('malformed');
    expect(read(issSub('i'.repeat(513)))).toBe('malformed');
  });
});

describe('readSubject() of aliases (RFC 9493 section 3.2.8)', () => {
  it.each<[string, JsonValue[], ReturnType<typeof readSubject>]>([
    ['the one name with a known format', [EMAIL, PHONE, issSub('1')], [{ identityId: '1' }]],
    [
      'every name with a known format',
      [issSub('1'), EMAIL, opaque('2')],
      [{ identityId: '1' }, { eitherId: '2' }],
    ],
    [
      'one of this issuer among others',
      [issSub('1', 'https://o.test/'), issSub('2')],
      [{ identityId: '2' }],
    ],
    ['only unknown formats', [EMAIL, PHONE], 'unmappable'],
    ['only others’', [issSub('1', 'https://o.test/')], 'foreign'],
  ])('accepts %s', (_, identifiers, expected) => {
    expect(read(aliases(...identifiers))).toEqual(expected);
  });

  it.each<[string, JsonValue]>([
    ['an empty list', aliases()],
    ['no list', { format: 'aliases', identifiers: issSub('1') }],
    ['a missing list', { format: 'aliases' }],
    ['aliases among them', aliases(issSub('1'), aliases(issSub('1')))],
    ['one that is no object', aliases(issSub('1'), 'user@example.com')],
    ['a malformed one after a valid one', aliases(issSub('1'), NO_FORMAT)],
    ['a malformed one before a valid one', aliases(issSub(''), issSub('1'))],
  ])('refuses %s', (_, subject) => {
    expect(read(subject)).toBe('malformed');
  });

  it('accepts ten, and refuses eleven', () => {
    const mails = (count: number) => Array.from({ length: count }, () => EMAIL);
    expect(read(aliases(...mails(9), issSub('1')))).toEqual([{ identityId: '1' }]);
    expect(read(aliases(...mails(10), issSub('1')))).toBe('malformed');
  });
});

describe('readSubject() of a complex subject (Shared Signals Framework)', () => {
  it.each<[string, { readonly [member: string]: JsonValue }, ReturnType<typeof readSubject>]>([
    ['a session', { session: opaque('s') }, [{ sessionId: 's' }]],
    ['a session by iss_sub', { session: issSub('s') }, [{ sessionId: 's' }]],
    ['a user', { user: issSub('u') }, [{ identityId: 'u' }]],
    ['a user by opaque', { user: opaque('u') }, [{ identityId: 'u' }]],
    [
      'a session of a user',
      { session: opaque('s'), user: issSub('u') },
      [{ sessionId: 's', identityId: 'u' }],
    ],
    ['a session of a user by mail', { session: opaque('s'), user: EMAIL }, [{ sessionId: 's' }]],
    [
      'a user with an unreadable session',
      { session: PHONE, user: issSub('u') },
      [{ identityId: 'u' }],
    ],
    ['both in unknown formats', { session: PHONE, user: EMAIL }, 'unmappable'],
    [
      'a session of another issuer',
      { session: issSub('s', 'https://o.test/'), user: issSub('u') },
      'foreign',
    ],
    ['a session that is malformed', { session: NO_FORMAT, user: issSub('u') }, 'malformed'],
    ['a user that is malformed', { user: NO_FORMAT }, 'malformed'],
    [
      'a session by one of its names',
      { session: aliases(EMAIL, opaque('s')) },
      [{ sessionId: 's' }],
    ],
    ['a device alone', { device: opaque('d') }, 'unmappable'],
  ])('%s', (_, members, expected) => {
    expect(read(complex(members))).toEqual(expected);
  });

  it('accepts no complex subject inside another', () => {
    expect(read(complex({ user: complex({ user: issSub('u') }) }))).toBe('unmappable');
  });
});

import { describe, expect, it } from 'vitest';
import { readKratosSession } from '../../../src/providers/kratos/kratos-session.ts';
import { parseObject } from '../../../src/runtime/json.ts';
import { plain } from '../../sessions/checked-sessions.ts';
import { JSON_TEXTS } from '../../support/hostile-input/json-texts.ts';
import { ODD_STRINGS } from '../../support/hostile-input/odd-strings.ts';

const ISSUER = 'https://auth.example.test/';

const GOOD = {
  id: 'session-1',
  active: true,
  expires_at: '2033-05-18T03:33:20.123456789Z',
  identity: { id: 'identity-1', traits: { email: 'demo@example.com' } },
};
const read = (changes: object) =>
  readKratosSession(JSON.stringify({ ...GOOD, ...changes }), ISSUER);

describe('readKratosSession()', () => {
  it('reads an active session, and never rounds its expiry up', () => {
    const result = read({});
    if (result.kind !== 'active') expect.fail(result.kind);
    expect(plain(result.session)).toEqual({
      id: 'session-1',
      identity: { id: 'identity-1' },
      expiresAt: 2_000_000_000_123,
      document: { ...GOOD, issuer: ISSUER },
    });
  });

  it('C23: returns an immutable document', () => {
    const result = read({});
    if (result.kind !== 'active') expect.fail(result.kind);
    const { document } = result.session;
    expect(Object.isFrozen(result.session)).toBe(true);
    expect(() => Object.assign(document, { id: 'x' })).toThrow(TypeError);
    expect(() => Object.assign(document.identity as object, { id: 'x' })).toThrow(TypeError);
  });

  it('C18: reads a session without active: true as inactive', () => {
    expect(read({ active: false })).toEqual({ kind: 'inactive' });
  });

  it.each([
    { active: 'true' },
    { active: 1 },
    { active: null },
    { active: undefined },
    { id: '' },
    { id: 7 },
    { id: 'a b' },
    { id: 'a\r\nX-Admin: 1' },
    { id: 'é' },
    { id: 'x'.repeat(256) },
    { identity: undefined },
    { identity: null },
    { identity: [] },
    { identity: 'identity-1' },
    { identity: { id: 1 } },
    { identity: { id: '' } },
    { identity: [{ id: 'identity-1' }] },
    { expires_at: undefined },
    { expires_at: null },
    { expires_at: 2_000_000_000_000 },
    { expires_at: '' },
    { expires_at: 'tomorrow' },
    { expires_at: '2033-05-18' },
    { expires_at: '2033-13-45T99:99:99Z' },
    { expires_at: '2033-05-18 03:33:20Z' },
    { expires_at: 'Wed, 18 May 2033 03:33:20 GMT' },
    { expires_at: '+275760-09-13T00:00:00Z' },
  ])('C18: refuses %j as a session', (changes) => {
    expect(read(changes)).toEqual({ kind: 'not-a-session' });
  });

  it.each(['', ' ', 'null', '[]', '"x"', '1', '{}', '<html>', '{"active":true}', '{"id":"a"'])(
    'C18: refuses %j as a session',
    (body) => {
      expect(readKratosSession(body, ISSUER)).toEqual({ kind: 'not-a-session' });
    },
  );

  it('ignores members of a prototype', () => {
    const { id, ...rest } = GOOD;
    const body = `{"__proto__":{"id":"${id}"},${JSON.stringify(rest).slice(1)}`;
    expect(readKratosSession(body, ISSUER)).toEqual({ kind: 'not-a-session' });
  });

  it('survives a very deeply nested document', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const body = JSON.stringify(GOOD).replace('{"email"', `{"deep":${deep},"email"`);
    expect(readKratosSession(body, ISSUER).kind).toBe('active');
  });

  it('C14: never throws on a hostile JSON text, and reads none as a session', () => {
    for (const { name, bytes } of JSON_TEXTS) {
      const text = new TextDecoder().decode(bytes);
      expect(readKratosSession(text, ISSUER), name).toEqual({ kind: 'not-a-session' });
    }
  });

  it('C14: reads a session around a JSON text exactly if the text is valid', () => {
    for (const { name, verdict, bytes } of JSON_TEXTS) {
      const text = new TextDecoder().decode(bytes);
      const around = JSON.stringify(GOOD).replace('"demo@example.com"', () => text);
      const { kind } = readKratosSession(around, ISSUER);
      if (verdict === 'valid') expect(kind, name).toBe('active');
      if (verdict === 'invalid') expect(kind, name).toBe('not-a-session');
    }
  });

  it('accepts any traits', () => {
    for (const bytes of ODD_STRINGS) {
      const text = new TextDecoder().decode(bytes);
      expect(read({ identity: { id: 'i', traits: { [text]: text } } }).kind).toBe('active');
    }
  });
});

it('parseObject() returns objects only', () => {
  expect(parseObject('{"a":1}')).toEqual({ a: 1 });
  for (const text of ['[]', 'null', '1', '"a"', 'true', '', '{', '{"a":1}x'])
    expect(parseObject(text)).toBeUndefined();
});

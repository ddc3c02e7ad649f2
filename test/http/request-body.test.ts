import { describe, expect, it } from 'vitest';
import { readFormBody, readJsonBody } from '../../src/http/request-body.ts';

const FORM = 'application/x-www-form-urlencoded';

const post = (body: string, type: string) =>
  new Request('https://app.example.test/', {
    method: 'POST',
    body,
    headers: { 'Content-Type': type },
  });

describe('readFormBody()', () => {
  // RFC 9110 section 8.3.1: type and subtype are case-insensitive, and parameters may follow.
  it.each([FORM, `${FORM};charset=UTF-8`, `${FORM} ; charset=utf-8`, FORM.toUpperCase()])(
    'reads a form declared as %s',
    async (type) => {
      const body = await readFormBody(post('a=1&b=%20x', type));
      expect(body.ok && [...body.value]).toEqual([
        ['a', '1'],
        ['b', ' x'],
      ]);
    },
  );

  it.each(['application/json', 'text/plain', `x${FORM}`, `${FORM}x`])(
    'refuses a body declared as %s',
    async (type) => {
      expect(await readFormBody(post('a=1', type))).toEqual({
        ok: false,
        failure: 'body_not_valid',
      });
    },
  );

  it('reads 64 KiB, and refuses one byte more', async () => {
    const body = (bytes: number) => post(`a=${'x'.repeat(bytes - 2)}`, FORM);
    expect((await readFormBody(body(64 * 1024))).ok).toBe(true);
    expect(await readFormBody(body(64 * 1024 + 1))).toEqual({
      ok: false,
      failure: 'body_too_long',
    });
  });
});

describe('readJsonBody()', () => {
  it.each(['application/json', 'Application/JSON; charset=utf-8'])(
    'reads an object declared as %s',
    async (type) => {
      expect(await readJsonBody(post('{"a":1}', type))).toEqual({ ok: true, value: { a: 1 } });
    },
  );

  it.each([FORM, 'text/plain', 'application/jsonp'])(
    'refuses a body declared as %s',
    async (type) => {
      const failure = 'media_type_not_supported';
      expect(await readJsonBody(post('{"a":1}', type))).toEqual({ ok: false, failure });
    },
  );

  it.each(['', '[]', '1', '{"a":', 'null'])('names %j as no object', async (text) => {
    expect(await readJsonBody(post(text, 'application/json'))).toMatchObject({
      failure: 'body_not_valid',
      hint: 'The body must be a JSON object.',
    });
  });
});

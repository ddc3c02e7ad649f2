import { describe, expect, it } from 'vitest';
import {
  kratosErrorId,
  whoami401Body,
  withRequestId,
} from '../../../src/providers/kratos/kratos-errors.ts';

const PLAIN =
  '{"error":{"code":401,"status":"Unauthorized","reason":"No valid session credentials found in the request.","message":"The request could not be authorized"}}\n';

describe('whoami401Body()', () => {
  it('is Kratos’s answer to a request without a credential', () => {
    expect(whoami401Body(undefined, null)).toBe(PLAIN);
  });

  it('is the store’s own body if the store sent one', () => {
    expect(whoami401Body('{"error":{}}', null)).toBe('{"error":{}}');
    expect(whoami401Body('{"error":{}}', 'r-1')).toBe('{"error":{}}');
  });
});

describe('withRequestId()', () => {
  it.each([null, ''])('leaves the body unchanged without an id: %j', (requestId) => {
    expect(withRequestId(PLAIN, requestId)).toBe(PLAIN);
  });

  it('puts the id between status and reason, as herodot does', () => {
    expect(withRequestId(PLAIN, 'r-1')).toBe(PLAIN.replace('"reason"', '"request":"r-1","reason"'));
  });

  it('writes any id as Go writes JSON', () => {
    const id = `$&$1 "\\<b>&\u2028 é 🙂`;
    const body = withRequestId(PLAIN, id);
    expect(JSON.parse(body).error.request).toBe(id);
    expect(body).toContain('\\u003cb\\u003e\\u0026\\u2028');
  });

  it('puts the id into every error of herodot, once', () => {
    const forbidden =
      '{"error":{"id":"session_aal2_required","code":403,"status":"Forbidden","reason":"r"}}';
    const once = withRequestId(forbidden, 'r-1');
    expect(JSON.parse(once).error).toMatchObject({ request: 'r-1', id: 'session_aal2_required' });
    expect(withRequestId(once, 'r-2')).toBe(once);
  });

  it.each(['', '<html>', '{"code":401}', '{"error":{"reason":"r"}}'])(
    'leaves bodies of other shapes unchanged: %j',
    (body) => {
      expect(withRequestId(body, 'r-1')).toBe(body);
    },
  );
});

it.each([
  ['{"error":{"id":"session_aal2_required"}}', 'session_aal2_required'],
  [PLAIN, ''],
  ['{"error":{"id":7}}', ''],
  ['{"error":{"id":"a\\r\\nX: y"}}', ''],
  ['{"error":"x"}', ''],
  ['rubbish', ''],
])('kratosErrorId(%j) is %j', (body, id) => {
  expect(kratosErrorId(body)).toBe(id);
});

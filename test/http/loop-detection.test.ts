import { describe, expect, it } from 'vitest';
import { addGate, isLoop } from '../../src/http/loop-detection.ts';

const HERE = 'https://app.example.test:8443';

const come = (gates?: string) =>
  isLoop(new Headers(gates === undefined ? {} : { 'postern-hops': gates }), HERE);

describe('isLoop()', () => {
  it('finds this gate among the gates that a request has passed', () => {
    for (const gates of [
      'app.example.test:8443',
      'a, app.example.test:8443',
      'app.example.test:8443 ,a',
    ])
      expect([gates, come(gates)]).toEqual([gates, true]);
    for (const gates of [undefined, '', 'a', 'app.example.test', 'app.example.test:84430', 'a, b'])
      expect([gates, come(gates)]).toEqual([gates, false]);
  });

  it('treats eight gates as a loop', () => {
    expect(come('a, b, c, d, e, f, g')).toBe(false);
    expect(come('a, b, c, d, e, f, g, h')).toBe(true);
    expect(come('a, b, c, d, e, f, g, h, i, j')).toBe(true);
  });
});

describe('addGate()', () => {
  it.each([
    [undefined, 'app.example.test:8443'],
    ['', 'app.example.test:8443'],
    ['a,b ', 'a, b, app.example.test:8443'],
  ])('adds this gate after the earlier ones: %j', (received, expected) => {
    const headers = new Headers();
    addGate(headers, received, HERE);
    expect(headers.get('postern-hops')).toBe(expected);
    expect(isLoop(headers, HERE)).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { describeSession as describeIn } from '../../src/pages/session-summary.ts';
import { ENGLISH } from '../../src/pages/texts.ts';
import type { JsonObject } from '../../src/runtime/json.ts';

const DOCUMENT = {
  authenticated_at: '2026-11-02T03:04:05.678Z',
  authentication_methods: [
    { method: 'oidc', aal: 'aal1', provider: 'google' },
    { method: 'totp', aal: 'aal2' },
  ],
  devices: [
    { ip_address: '192.0.2.1', user_agent: 'First/1', location: 'Porto, PT' },
    { ip_address: '192.0.2.2', user_agent: 'Second/1', location: 'Lisbon, PT' },
  ],
};

const describeSession = (id: string, document: JsonObject) => describeIn(id, document, ENGLISH);

describe('describeSession()', () => {
  it('keeps an unknown method as it is', () => {
    const methods = [{ method: 'constructor' }, { method: '__proto__' }, { method: 'profile' }];
    expect(describeSession('s', { authentication_methods: methods }).methods).toEqual([
      'constructor',
      '__proto__',
      'profile',
    ]);
  });

  it('returns the last device, its place, the time, and the methods under their common names', () => {
    expect(describeSession('s', DOCUMENT)).toEqual({
      id: 's',
      device: 'Second',
      place: 'Lisbon, PT',
      signedInAt: new Date('2026-11-02T03:04:05.678Z'),
      methods: ['google', 'authenticator app'],
    });
  });

  it('returns the address if the place is unknown', () => {
    const devices = [{ ip_address: '192.0.2.1', location: '' }];
    const { device, place } = describeSession('s', { devices });
    expect([device, place]).toEqual(['Unknown device', '192.0.2.1']);
  });

  it.each([
    ['S%C3%A3o%20Paulo, BR', 'São Paulo, BR'],
    ['100% Town', '100% Town'],
  ])('writes the place %j in its usual spelling', (location, place) => {
    expect(describeSession('s', { devices: [{ location }] }).place).toBe(place);
  });

  it.each([
    {},
    { devices: null, authentication_methods: null, authenticated_at: null },
    { devices: [], authentication_methods: [null, 1, [], {}], authenticated_at: 'soon' },
    { devices: 'x', authentication_methods: 'password', authenticated_at: 7 },
    { authentication_methods: [{ method: '' }, { method: 3 }] },
    { devices: [{ user_agent: 1, location: {}, ip_address: null }] },
  ])('omits missing values: %j', (document) => {
    expect(describeSession('s', document)).toEqual({
      id: 's',
      device: 'Unknown device',
      place: undefined,
      signedInAt: undefined,
      methods: [],
    });
  });
});

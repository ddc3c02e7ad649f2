import { describe, expect, it } from 'vitest';
import { challengeLocation } from '../../src/gate/challenge.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';

const options = {
  publicUrl: 'https://app.example',
  hosts: new SiteHosts('https://app.example'),
  loginUrl: 'https://login.example/sign-in?theme=dark',
  kratosBrowserUrl: 'https://id.example/auth',
  kratosPublicUrl: 'http://127.0.0.1:4433/internal',
};
const target = {
  method: 'GET',
  host: 'app.example',
  path: '/a',
  decodedPath: '/a',
  readings: ['/a'],
  search: '',
} as const;

const stepUp = (redirect_browser_to: unknown) =>
  challengeLocation(
    'session_aal2_required',
    { target, storeBody: JSON.stringify({ redirect_browser_to }) },
    options,
  );
const BACK = `return_to=${encodeURIComponent('https://app.example/a')}`;

describe('challengeLocation()', () => {
  it('moves the store’s own address, path prefix included, to the one browsers reach', () => {
    const named = 'http://127.0.0.1:4433/internal/self-service/login/browser?aal=aal2&via=x';
    expect(stepUp(named)).toBe(
      `https://id.example/auth/self-service/login/browser?aal=aal2&via=x&${BACK}`,
    );
  });

  it.each([
    'https://evil.example/steal',
    '//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'https://id.example@evil.example/x',
    '\\\\evil.example',
    7,
    null,
  ])('never leads to where a body says: %j', (named) => {
    expect(new URL(stepUp(named) ?? '').origin).toBe('https://id.example');
  });

  it('comes back to the front page from what cannot be repeated', () => {
    const post = { ...target, method: 'POST' };
    const location = challengeLocation(
      'credential_missing',
      { target: post, storeBody: undefined },
      options,
    );
    expect(location).toBe(
      `https://login.example/sign-in?theme=dark&return_to=${encodeURIComponent('https://app.example/')}`,
    );
  });
});

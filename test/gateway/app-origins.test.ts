/**
 * Pages of hybrid apps and extensions, by the `Origin` their web views send: Capacitor (`server.iosScheme`, `androidScheme`),
 * Ionic's older web view, Tauri (`tauri://localhost`; on Windows and Android `http://tauri.localhost`), browser extensions.
 */

import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';

const ORIGINS = [
  'capacitor://localhost',
  'ionic://localhost',
  'http://localhost',
  'https://localhost',
  'tauri://localhost',
  'http://tauri.localhost',
  'https://tauri.localhost',
  'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb',
  'moz-extension://6f2f1c0e-3a5d-4d0b-9d1c-2b9f6d1a7e11',
  'safari-web-extension://8A2E4D0C-5B1F-4C3A-9E7D-1F2A3B4C5D6E',
  'app://localhost:8080',
];

const gate = await gateForAllTests({
  vars: {
    ALLOWED_ORIGINS: ORIGINS,
    RULES: [{ path: '/api/*', session: 'required', preflight: ORIGINS }],
  },
});
const { cookie } = await gate.kratos.createSession();

const preflight = (target: string, origin: string) =>
  request(gate.port, {
    method: 'OPTIONS',
    target,
    headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' },
  });

describe.each(ORIGINS)('a page of %s', (origin) => {
  it('W14: gets an answer to its preflight, and reads whoami and denials', async () => {
    for (const target of ['/api/x', '/sessions/whoami']) {
      const answer = await preflight(target, origin);
      expect([answer.status, header(answer, 'access-control-allow-origin')]).toEqual([204, origin]);
    }
    const whoami = await get(gate.port, '/sessions/whoami', { Origin: origin, Cookie: cookie });
    expect([whoami.status, header(whoami, 'access-control-allow-origin')]).toEqual([200, origin]);
    const denied = await get(gate.port, '/api/x', { Origin: origin });
    expect([denied.status, header(denied, 'access-control-allow-origin')]).toEqual([401, origin]);
  });
});

it.each([
  'null',
  'file://',
  'capacitor://localhost/',
  'Capacitor://localhost',
  'capacitor://localhost:80',
  'capacitor://localhost.evil.example',
  'http://tauri.localhost.evil.example',
  'http://evil.tauri.localhost',
  'chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllclec',
  'safari-web-extension://8a2e4d0c-5b1f-4c3a-9e7d-1f2a3b4c5d6e',
])('W14: a page of %s, which resembles a listed origin, can read no answer', async (origin) => {
  for (const target of ['/api/x', '/sessions/whoami']) {
    const answers = [
      await preflight(target, origin),
      await get(gate.port, target, { Origin: origin }),
    ];
    for (const answer of answers) {
      expect(header(answer, 'access-control-allow-origin')).toBeUndefined();
    }
  }
});

import { beforeEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const gate = await gateForAllTests({
  vars: {
    ORIGIN_URL: 'http://127.0.0.1:9', // discard: a port without a listener
    RULES: [
      { path: '/public/*', session: 'none' },
      { path: '/staff', session: 'required', allow: 'false' },
    ],
  },
  services: { kratos: 'binding', origin: 'http' },
});
beforeEach(() => gate.kratos.reset());

type Given = () => Promise<Readonly<Record<string, string>>>;
const nobody: Given = async () => ({});
const somebody: Given = async () => ({ Cookie: (await gate.kratos.createSession()).cookie });
const somebodyUnknown: Given = async () => {
  await gate.kratos.control({ whoami: { status: 503 } });
  return { 'X-Session-Token': 'a-token-nobody-has-seen-before' };
};

describe('pages for a person in place of JSON', () => {
  it.each([
    ['a path with two readings', nobody, '/a//b', 400, 'path_not_canonical'],
    ['a host that is not served', async () => ({ Host: 'other.test' }), '/', 421, 'host_unknown'],
    ['a condition that is not met', somebody, '/staff', 403, 'condition_not_met'],
    ['a store that cannot be asked', somebodyUnknown, '/in', 503, 'store_unavailable'],
    ['a site that does not answer', nobody, '/public/x', 502, 'origin_unreachable'],
  ] as const)('%s', async (_, given, target, status, reason) => {
    const headers = await given();
    const page = await get(gate.port, target, { ...headers, ...PAGE });
    const json = await get(gate.port, target, headers);
    expect([page.status, header(page, 'postern-reason')]).toEqual([status, reason]);
    expect([json.status, header(json, 'postern-reason')]).toEqual([status, reason]);
    expect(header(page, 'content-type')).toBe('text/html; charset=utf-8');
    expect(header(json, 'content-type')).toBe('application/json');
    expect(header(page, 'cache-control')).toBe('private, no-store');
    expect(header(page, 'retry-after')).toBe(header(json, 'retry-after'));
    expect(page.text).toContain(`<code>${reason}</code>`);
    expect(JSON.parse(json.text)).toHaveProperty('error.code', status);
  });

  it('are complete pages without scripts, loads or frames', async () => {
    const page = await get(gate.port, '/a//b', PAGE);
    expect(page.text).toMatch(/^<!doctype html>\n<html lang="en" dir="ltr">/);
    expect(page.text).toContain('name="viewport"');
    expect(page.text.match(/<h1>/g)).toHaveLength(1);
    expect(page.text).not.toMatch(/<script|<img|<link|<iframe|<form/);
    expect(header(page, 'content-security-policy')).toMatch(
      /^default-src 'none';.*frame-ancestors 'none'$/,
    );
  });
});

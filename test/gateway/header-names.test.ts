import { describe, expect, it } from 'vitest';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { HEADER_NAMES } from '../support/hostile-input/header-names.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get } from '../support/raw-http.ts';

const BATCH = 75;

/**
 * The set meant by "identity, forwarding and control headers", told apart here in other words than the
 * filter's: what a name says about a person, an address, a scheme, a host, a path or a method.
 */
const BELIEVED: readonly RegExp[] = [
  /^(?:x-)?user(?:-?(?:id|name|email|mail))?$/, // a person
  /^x-auth-|^auth-(?:user|type)$|^php-auth-|^iv-|^shib-|sm_|msisdn|calling-line/,
  /remote-?(?:user|addr|host|ip)|^cert-|^ssl-|^https-/,
  /forwarded|^x-forward|real-ip|client-?ip|client-?addr|originating-ip|^x-ip|ipaddress/, // an address
  /^(?:x-)?(?:https|ssl|scheme)$|-scheme$|-https$/, // a scheme
  /^x-(?:original|rewrite|orig)-|^x-host$|host-override|server-name$|^server-port/, // a host, a path
  /(?:request|base|unencoded)-?ur[il]$|path[-_]info|path-translated|script-name|query-string$/,
  /^x-.*method|^real-method$|^request-method$|requestverb|^x-http-/, // a method
  /^proxy|^http[-_]/,
  /^x-(?:accel|sendfile)-/, // a file to send
];

/** Names of the collection that those words catch and that mean something else. */
const NOT_MEANT: readonly RegExp[] = [/^proxy-(?:connection|auth)/, /^request2-/];

/** Ordinary headers of the collection, which an application may well wait for. */
const ORDINARY = [
  'accept',
  'accept-language',
  'access-control-request-method',
  'content-type',
  'dnt',
  'if-none-match',
  'origin',
  'range',
  'referer',
  'upgrade-insecure-requests',
  'user-agent',
  'x-amz-date',
  'x-api-key',
  'x-csrf-token',
  'x-csrftoken',
  'x-hub-signature',
  'x-pjax',
  'x-request-id',
  'x-requested-with',
  'x-wp-nonce',
];

const isBelieved = (name: string) =>
  BELIEVED.some((words) => words.test(name)) && !NOT_MEANT.some((words) => words.test(name));

const origin = await forAllTests(startNodeOrigin());
const gate = await gateForAllTests({
  kv: 'faulty',
  vars: { RULES: [{ path: '/public/*', session: 'none' }] },
  origin,
});

async function inBatches<Item>(items: readonly Item[], send: (item: Item) => Promise<void>) {
  for (let start = 0; start < items.length; start += BATCH)
    await Promise.all(items.slice(start, start + BATCH).map(send));
}

describe('header names that some server obeys', () => {
  it('P19: do not open the gate', async () => {
    expect(HEADER_NAMES.length).toBeGreaterThan(1125);
    const sent = HEADER_NAMES.flatMap((name) => ['1', '/public', 'true'].map((v) => [name, v]));
    const odd: string[] = [];
    await inBatches(sent, async ([name = '', value = '']) => {
      const { status } = await get(gate.port, '/admin', { [name]: value });
      if (status !== 401) odd.push(`${name}: ${value} -> ${status}`);
    });
    expect(origin.arrived).toEqual([]);
    expect((await gate.kratos.calls()).counts).toEqual({});
    expect(await gate.kv.calls()).toEqual([]);
    // Names that frame the message, name the host or are invalid ("/" in it): a 400 of the runtime or the gate.
    const refusable =
      /^(?:content-length|transfer-encoding|host|[^:]*\/[^:]*): .* -> (?:400|421)$/i;
    expect(odd.filter((line) => !refusable.test(line))).toEqual([]);
  });

  it('P19, H1, H11: names for person, address, target or method do not reach the origin', async () => {
    const { token } = await gate.kratos.createSession();
    const names = HEADER_NAMES.map((name) => name.toLowerCase());
    const framing = new Set(['content-length', 'transfer-encoding', 'host', 'expect', 'upgrade']);
    const sent = names.filter((name) => /^[a-z0-9_-]+$/.test(name) && !framing.has(name));
    origin.arrived.length = 0;
    for (const path of ['/public/x', '/required'])
      await inBatches(sent, async (name) => {
        const response = await get(gate.port, path, [
          [name, 'canary'],
          ['X-Session-Token', token],
        ]);
        expect([name, response.status]).toEqual([name, 200]);
      });
    const arrived = new Set(
      origin.arrived.flatMap(({ headers }) =>
        headers.flatMap(([name, value]) => (value === 'canary' ? [name.toLowerCase()] : [])),
      ),
    );
    const believed = sent.filter(isBelieved);
    expect(believed.length).toBeGreaterThan(150);
    expect(believed.filter((name) => arrived.has(name))).toEqual([]);
    expect(ORDINARY.filter((name) => !arrived.has(name))).toEqual([]);
    expect(arrived.size).toBeGreaterThan(750);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderFilter } from '../../src/forwarding/header-filter.ts';

const OWN = ['X-User-Id', 'Team-Name', 'X-Session-Assertion'];
const FILTER = new HeaderFilter(OWN);

/** One name, at least, of everything in the namespace that only a gate may speak for. */
const NAMESPACE = [
  ...OWN,
  'X-Auth-User',
  'X-Auth-Request-Email',
  'X-Authenticated-User',
  'X-Authelia-Groups',
  'X-User',
  'X-User-Email',
  'X-Username',
  'X-Kratos-Authenticated-Identity-Id',
  'X-Session-Token',
  'X-Remote-User',
  'X-Goog-Authenticated-User-Email',
  'X-Amzn-Oidc-Identity',
  'X-Ms-Client-Principal-Name',
  'X-WebAuth-User',
  'X-Consumer-Username',
  'X-Pomerium-Claim-Email',
  'X-Client-Cert',
  'X-SSL-Client-S-DN',
  'SSL-Client-Verify',
  'Client-Cert',
  'Shib-Identity-Provider',
  'SM-User',
  'IV-User',
  'Tailscale-User-Login',
  'Remote-User',
  'Remote-Groups',
  'User-Id',
  'Cf-Access-Authenticated-User-Email',
  'Postern-Reason',
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-Forwarded-Prefix',
  'X-Forwarded-User',
  'X-Forwarded-Client-Cert',
  'X-Real-IP',
  'X-Client-IP',
  'X-Cluster-Client-IP',
  'True-Client-IP',
  'Fastly-Client-IP',
  'CF-Connecting-IP',
  'X-Originating-IP',
  'X-Original-URL',
  'X-Original-URI',
  'X-Rewrite-URL',
  'X-Envoy-Original-Path',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Middleware-Subrequest',
  'X-Nextjs-Data',
  'X-Astro-Path',
  'X-Accel-Mapping',
  'X-Sendfile-Type',
  'Front-End-Https',
  'Path-Info',
  'Request-Uri',
  'Http-Host',
];

/** What browsers, clients and applications send of their own. */
const ORDINARY = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
  'Authorization',
  'Baggage',
  'Cache-Control',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'DNT',
  'Depth',
  'Destination',
  'Grpc-Timeout',
  'HTTP2-Settings',
  'HX-Request',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Origin',
  'Prefer',
  'Priority',
  'Range',
  'Referer',
  'Save-Data',
  'Sec-CH-UA',
  'Sec-Fetch-Mode',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
  'SOAPAction',
  'Traceparent',
  'Tracestate',
  'Upgrade-Insecure-Requests',
  'User-Agent',
  'X-Amz-Date',
  'X-Api-Key',
  'X-B3-TraceId',
  'X-CSRF-Token',
  'X-CSRFToken',
  'X-Hub-Signature',
  'X-Idempotency-Key',
  'X-Inertia',
  'X-Pjax',
  'X-Request-Id',
  'X-Requested-With',
  'X-Tenant-Id',
  'X-Timezone',
  'X-XSRF-Token',
];

/** RFC 9110 section 5.6.2 `tchar`, letters and digits excepted. */
const TOKEN_MARKS = "!#$%&'*+-.^_`|~".split('');

describe('what may not pass', () => {
  it.each(NAMESPACE)('holds back %s', (name) =>
    expect(FILTER.meaningOf(name).isUntrusted).toBe(true),
  );
  it.each(ORDINARY)('lets %s pass', (name) =>
    expect(FILTER.meaningOf(name).isUntrusted).toBe(false),
  );

  it('H2, H3: holds back every alias, whatever marks stand for "-", in any case', () => {
    const marks = fc.array(fc.constantFrom(...TOKEN_MARKS), { minLength: 1, maxLength: 3 });
    const alias = fc
      .tuple(
        fc.constantFrom(...NAMESPACE),
        fc.array(marks, { minLength: 8, maxLength: 8 }),
        fc.nat(),
      )
      .map(([name, runs, seed]) => recase(name.split('-').reduce(join(runs)), seed));
    fc.assert(
      fc.property(alias, (name) => FILTER.meaningOf(name).isUntrusted),
      { numRuns: 20_000 },
    );
  });

  it('H3: holds back every alias by a single mark, without exception', () => {
    for (const name of NAMESPACE)
      for (const mark of TOKEN_MARKS)
        expect([name, mark, FILTER.meaningOf(name.replaceAll('-', mark)).isUntrusted]).toEqual([
          name,
          mark,
          true,
        ]);
  });

  it('holds back a configured name that is in no namespace of its own', () => {
    expect(FILTER.meaningOf('team_name').isUntrusted).toBe(true);
    expect(new HeaderFilter([]).meaningOf('Team-Name').isUntrusted).toBe(false);
  });
});

describe('what is an identity', () => {
  it('is about who somebody is, not about addresses, paths or methods', () => {
    for (const name of [
      'X-User-Id',
      'x_user_id',
      'Team.Name',
      'X-Auth-User',
      'Remote-User',
      'User-Id',
    ])
      expect([name, FILTER.meaningOf(name).isIdentity]).toEqual([name, true]);
    for (const name of [
      'X-Nextjs-Redirect',
      'X-Middleware-Rewrite',
      'X-Matched-Path',
      'Location',
      'Server',
    ])
      expect([name, FILTER.meaningOf(name).isIdentity]).toEqual([name, false]);
  });
});

function join(runs: readonly (readonly string[])[]) {
  return (left: string, right: string, index: number) =>
    `${left}${(runs[index % runs.length] ?? ['-']).join('')}${right}`;
}

/** The name in a mixture of cases; each bit of `seed` is one character's. */
function recase(name: string, seed: number): string {
  return Array.from(name, (character, index) =>
    (seed >> (index % 31)) & 1 ? character.toUpperCase() : character.toLowerCase(),
  ).join('');
}

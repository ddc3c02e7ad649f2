import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BELIEVERS, believersOf } from '../../cli/header-believers.ts';
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

/** Headers that products trust, from src/forwarding/believed-headers.ts, with the sources. */
const BELIEVED = [
  'X-Is-Admin-Project',
  'X-Service-Identity-Status',
  'X-Service-Roles',
  'X-Service-User-Id',
  'X-Amzn-Mtls-Clientcert-Subject',
  'X-Amzn-Mtls-Clientcert',
  'X-Amzn-Request-Context',
  'X-Endpoint-API-UserInfo',
  'X-Apigateway-Api-Userinfo',
  'X-Apigateway-Event',
  'CloudFront-Viewer-Cert-Subject',
  'CloudFront-Viewer-Address',
  'Cf-Cert-Verified',
  'Cf-Client-Cert-Der-Base64',
  'OAM_REMOTE_USER',
  'Oam-Remote-User-Groups',
  'X-Scope-OrgID',
  'THANOS-TENANT',
  'X-Hasura-Role',
  'X-Hasura-User-Id',
  'X-Trino-User',
  'X-Presto-User',
  'Impersonate-User',
  'Impersonate-Extra-Scopes',
  'RemoteUser',
  'REMOTEUSER',
  'X-Override-URL',
  'X-Custom-IP-Authorization',
  'es-security-runas-user',
  'opendistro_security_impersonate_as',
  'sg_impersonate_as',
  'kubeflow-userid',
  'X-Materialize-User',
  'X-ProxiedEntitiesChain',
  'X-ProxyHost',
  'X-ProxyContextPath',
  'WL-Proxy-Client-Cert',
  'WL-Proxy-SSL',
  '$WSRU',
  '$WSCC',
  'MS-ASPNETCORE-CLIENTCERT',
  'sec-istio-auth-userinfo',
  'Teleport-Jwt-Assertion',
  'l5d-client-id',
  'Sf-Context-Current-User',
  'X-Sandstorm-User-Id',
  'X-Replit-User-Roles',
  'X-RStudio-Username',
  'RStudio-Connect-Credentials',
  'Dapr-Caller-App-Id',
  'X-Client-DN',
  'X-Role',
  'X-First-Name',
  'eppn',
  'YNH_USER_EMAIL',
  'CAS-User',
  'serverIdentity',
  'X-Script-Name',
  'X-Ingress-Path',
  'X-Artifactory-Override-Base-Url',
  'X-Azure-FDID',
  'X-React-Router-Prerender-Data',
];

/** Headers that browsers, clients and applications send. */
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
  'X-Goog-Channel-ID',
  'X-Goog-Resource-State',
  'X-Project-Id',
  'X-Tenant-Id',
  'X-Trino-Catalog',
  'X-Trino-Session',
  'X-Timezone',
  'X-XSRF-Token',
];

/** RFC 9110 section 5.6.2 `tchar`, letters and digits excepted. */
const TOKEN_MARKS = "!#$%&'*+-.^_`|~".split('');

describe('headers that must not pass', () => {
  it.each(NAMESPACE)('removes %s', (name) =>
    expect(FILTER.classifyHeader(name).isUntrusted).toBe(true),
  );
  it.each(BELIEVED)('H26: removes %s', (name) =>
    expect(FILTER.classifyHeader(name).isUntrusted).toBe(true),
  );
  it.each(ORDINARY)('passes %s', (name) =>
    expect(FILTER.classifyHeader(name).isUntrusted).toBe(false),
  );

  it('H2, H3: removes every alias, with any marks in place of "-", in any case', () => {
    const marks = fc.array(fc.constantFrom(...TOKEN_MARKS), { minLength: 1, maxLength: 3 });
    const alias = fc
      .tuple(
        fc.constantFrom(...NAMESPACE),
        fc.array(marks, { minLength: 8, maxLength: 8 }),
        fc.nat(),
      )
      .map(([name, runs, seed]) => recase(name.split('-').reduce(join(runs)), seed));
    fc.assert(
      fc.property(alias, (name) => FILTER.classifyHeader(name).isUntrusted),
      { numRuns: 20_000 },
    );
  });

  it('H3: removes every alias by a single mark, without exception', () => {
    for (const name of NAMESPACE)
      for (const mark of TOKEN_MARKS)
        expect([name, mark, FILTER.classifyHeader(name.replaceAll('-', mark)).isUntrusted]).toEqual(
          [name, mark, true],
        );
  });

  it('H27: removes every name with marks at its ends', () => {
    for (const name of [...NAMESPACE, ...BELIEVED])
      for (const mark of TOKEN_MARKS)
        for (const each of [`${mark}${name}`, `${name}${mark}`, `${mark}${mark}${name}${mark}`])
          expect([each, FILTER.classifyHeader(each).isUntrusted]).toEqual([each, true]);
  });

  it('removes a configured name outside the namespaces', () => {
    expect(FILTER.classifyHeader('team_name').isUntrusted).toBe(true);
    expect(new HeaderFilter([]).classifyHeader('Team-Name').isUntrusted).toBe(false);
  });
});

describe('the memory of header names', () => {
  /** A meaning that is remembered is the same object the next time. */
  const isRemembered = (filter: HeaderFilter, name: string) => {
    const first = filter.classifyHeader(name);
    return filter.classifyHeader(name) === first;
  };

  it('is limited in number and length, and other names are classified on every request', () => {
    const filter = new HeaderFilter(['X-User-Id']);
    const [longest, longer] = [`x-${'a'.repeat(62)}`, `x-${'a'.repeat(63)}`];
    expect([isRemembered(filter, longest), isRemembered(filter, longer)]).toEqual([true, false]);
    for (let index = 1; index < 1000; index += 1) filter.classifyHeader(`x-name-${index}`);
    expect([isRemembered(filter, 'x-name-999'), isRemembered(filter, 'x-name-1000')]).toEqual([
      true,
      false,
    ]);
    expect(filter.classifyHeader('x-user-id')).toMatchObject({
      isIdentity: true,
      isUntrusted: true,
    });
  });
});

describe('the identity namespace', () => {
  it('covers names about a person, and not about addresses, paths or methods', () => {
    for (const name of [
      'X-User-Id',
      'x_user_id',
      'Team.Name',
      'X-Auth-User',
      'Remote-User',
      'User-Id',
    ])
      expect([name, FILTER.classifyHeader(name).isIdentity]).toEqual([name, true]);
    for (const name of [
      'X-Nextjs-Redirect',
      'X-Middleware-Rewrite',
      'X-Matched-Path',
      'Location',
      'Server',
    ])
      expect([name, FILTER.classifyHeader(name).isIdentity]).toEqual([name, false]);
  });
});

describe('the list of headers that products trust', () => {
  it('H26: names for each header the product that trusts it, and the source', () => {
    expect(BELIEVERS.size).toBeGreaterThan(70); // a line that does not say so is an error
    for (const name of BELIEVERS.keys()) {
      const { isUntrusted } = FILTER.classifyHeader(name.replace('*', 'x'));
      expect([name, isUntrusted]).toEqual([name, true]);
    }
  });

  it('H25: names the products that trust a header', () => {
    expect(believersOf('x-webauth-user')).toContain('Grafana');
    expect(believersOf('x-user-id')).toContain('OpenStack');
    expect(believersOf('x-user-agent')).toBeUndefined();
    expect(believersOf('x-auth-token')).toBeUndefined(); // a credential, which every product verifies
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

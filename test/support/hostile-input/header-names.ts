/** Names of request headers: those that some server obeys, those that only look like them, and ordinary ones. */

/**
 * Ways to say where a request comes from, where it goes and who sends it. RFC 7239 and RFC 3875 section 4.1 have the standard
 * names; the products that read the others are beside them.
 */
const OBEYED = namesIn([
  // RFC 7239, and what it replaced
  'Forwarded Forwarded-For Forwarded-For-IP Forwarded-Proto X-Forwarded X-Forwarded-By',
  'X-Forwarded-Server X-Forwarded-For-Original X-Forward-For X-Forward-Proto X-Forwarder-For',
  'X-Originally-Forwarded-For',
  // RFC 3875 section 4.1, as a proxy writes CGI's variables into headers
  'Auth-Type Gateway-Interface Path-Info Path-Translated Query-String Remote-Addr Remote-Host',
  'Remote-Ident Remote-User Request-Method Request-URI Script-Name Server-Name Server-Port',
  'Server-Protocol Proxy HTTP-Host HTTP-Authorization HTTP-Cookie HTTP_X_USER HTTP-URL',
  'PHP-Auth-User PHP-Auth-PW Auth-User',
  // RFC 9440, nginx, HAProxy, Apache, IIS
  'Client-Cert Client-Cert-Chain X-Client-Cert X-SSL-Client-Verify X-SSL-Client-S-DN',
  'SSL-Client-Cert SSL-Session-ID Cert-Subject Cert-Issuer Cert-SerialNumber HTTPS',
  'HTTPS-Keysize HTTPS-Server-Subject X-ARR-SSL X-ARR-LOG-ID',
  // CDNs and load balancers
  'X-Real-IP Real-IP True-Client-IP Fastly-Client-IP CF-Connecting-IP Incap-Client-IP',
  'X-Azure-ClientIP Client-IP X-Cluster-Client-IP X-Client-IP X-ClientIP ClientIP',
  'Client-Address X-Originating-IP X-Cisco-BBSM-ClientIP Front-End-Https X-URL-Scheme',
  'X-Scheme X-Forwarded-Ssl X-Envoy-Original-Path X-Envoy-External-Address',
  // Frameworks that route by header: IIS, Symfony, Zend, Rails, Next.js, nginx, Apache
  'X-Original-URL X-Rewrite-URL X-Original-Host X-Original-Method X-HTTP-Method-Override',
  'X-HTTP-Method X-Method-Override X-HTTP-Host-Override X-HTTP-Path-Override X-Host Base-URL',
  'Unencoded-URL __RequestURI __RequestVerb Real-Method X-Accel-Redirect X-Accel-Mapping',
  'X-Sendfile-Type X-Middleware-Subrequest X-Script-Name ORIG_PATH_INFO X-Proxy-URL',
  // Sign-in by header: oauth2-proxy, Authelia, authentik, SiteMinder, WebSEAL, Shibboleth, Kubernetes, Grafana, mobile networks
  'X-Auth-Request-User X-Auth-Request-Email Remote-Groups X-authentik-username HTTP_SM_USER',
  'SM_USERDN iv-user iv-groups Shib-Identity-Provider Shib-Session-ID X-Remote-User',
  'X-Remote-Group X-WEBAUTH-USER Impersonate-User X-User X-User-ID X-User-Name X-User-Email',
  'X-Username User User-Id X-Authenticated-User X-Auth-UserId MSISDN X-MSISDN X-Nokia-MSISDN',
  'X-Up-Calling-Line-Id X-WAP-Network-Client-MSISDN X-Goog-Authenticated-User-Email',
]);

/** Request fields of the IANA registry (RFC 9110 section 18.4) and of well-known applications, without a meaning that a site trusts. */
const ORDINARY = namesIn([
  'A-IM Accept Accept-Charset Accept-Encoding Accept-Features Accept-Language Accept-Ranges',
  'Age Allow ALPN Access-Control-Request-Headers Access-Control-Request-Method Alt-Used',
  'Authorization C-Ext C-Man C-Opt Cache-Control CalDAV-Timezones Content-Disposition',
  'Content-Encoding Content-ID Content-Language Content-Length Content-Location Content-MD5',
  'Content-Range Content-Type Cookie Cookie2 DASL DNT Date Depth Destination Digest',
  'Early-Data ETag Expect Expires From Host If If-Match If-Modified-Since If-None-Match',
  'If-Range If-Schedule-Tag-Match If-Unmodified-Since Keep-Alive Last-Event-ID Last-Modified',
  'Link Lock-Token Max-Forwards MIME-Version Negotiate OData-MaxVersion OData-Version',
  'Ordering-Type Origin OSCORE Overwrite Position Pragma Prefer Priority Protocol Range',
  'Referer Safe Save-Data Schedule-Reply Sec-GPC Sec-Purpose SLUG SoapAction',
  'Surrogate-Capability TE Timeout Topic Traceparent Tracestate Transfer-Encoding TTL Upgrade',
  'Upgrade-Insecure-Requests Urgency User-Agent Variant-Vary Via Want-Content-Digest Warning',
  'X-Amz-Date X-API-Key X-CSRF-Token X-CSRFToken X-File-Name X-Hub-Signature X-PJAX',
  'X-Request-ID X-Requested-With X-WP-Nonce X-Twilio-Signature X-Moz X-Purpose',
  'X-Prototype-Version X-Upload-Name Sec-CH-UA Sec-CH-UA-Mobile Viewport-Width',
]);

/** Combinations that authors of frameworks use: subjects that servers trust, and subjects that servers ignore. */
const TRUSTED = namesIn(['Forwarded Client Remote Real Auth User Proxy Server Request Session']);
const NEUTRAL = namesIn([
  'Debug Test Page Cache Device Upload Trace Account Widget Build Locale Theme Retry Batch Shop',
]);
const MATTERS = namesIn(['IP Addr Host Proto Port User URI Path ID Key Mode Name']);

/** Names that servers obey behind any vendor's name, as `Fastly-Client-IP` and `X-Cluster-Client-IP` are built. */
const VENDORS = namesIn(['X-Edge- X-Vendor- Edge- Vendor']);
const AFTER_VENDOR = namesIn([
  'Forwarded Forwarded-For Forwarded-Host Real-IP Client-IP ClientIP Client-Addr Remote-Addr',
  'Remote-Host Remote-IP Method-Override',
]);

/** Spellings that servers fold into another name: CGI makes `_` of `-`, others accept `.` (RFC 9110 section 5.1 allows both). */
const SPELLINGS = [
  (name: string) => name.toLowerCase(),
  (name: string) => name.toUpperCase().replaceAll('-', '_'),
  (name: string) => name.toLowerCase().replaceAll('-', '.'),
];

/** Names that no header line can hold, or that a careless log format produced. */
const ODD = [
  'Host~%s.%h',
  'Referer~http://%s.%h/',
  'X-Original-URL~/%s',
  'Header:',
  'X-',
  'x',
  '_',
  '-',
  "!#$%&'*+.^`|~",
  'x'.repeat(300),
];

export const HEADER_NAMES: readonly string[] = [
  ...new Set([
    ...OBEYED,
    ...ORDINARY,
    ...combined(['', 'X-'], TRUSTED),
    ...VENDORS.flatMap((vendor) => AFTER_VENDOR.map((name) => vendor + name)),
    ...combined(['X-Original-', 'X-Rewrite-'], ['']),
    ...combined(['', 'X-', 'App-', 'X-App-'], NEUTRAL),
    ...OBEYED.flatMap((name) => SPELLINGS.map((spell) => spell(name))),
    ...ODD,
  ]),
];

function namesIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(' '));
}

function combined(prefixes: readonly string[], subjects: readonly string[]): string[] {
  return prefixes.flatMap((prefix) =>
    subjects.flatMap((subject) =>
      MATTERS.map((matter) => prefix + [subject, matter].filter((word) => word !== '').join('-')),
    ),
  );
}

// No I/O, no clock. The headers that some product trusts whenever they are present; each line ends with its source.
// Names are folded as foldHeaderName() does. A name with `*` at its end is a prefix.

/**
 * Headers from which products read who the user is, or on whose behalf a request is made. `npm run check-config` reads
 * the products from the comments, because the Worker does not need them.
 */
const IDENTITY_OF_PRODUCTS: readonly string[] = [
  // Proxies that sign people in, and the applications behind them
  'remote-user', // Authelia, Kubernetes and many others: https://www.authelia.com/integration/trusted-header-sso/introduction/
  'remote-groups', // Authelia: the same
  'remote-email', // Authelia: the same
  'remote-name', // Authelia: the same
  'remoteuser', // sites that read REMOTE_USER without its underscore: https://www.rfc-editor.org/rfc/rfc3875#section-4.1.11
  'x-auth-request-*', // oauth2-proxy: https://oauth2-proxy.github.io/oauth2-proxy/configuration/overview
  'x-authentik-*', // authentik: https://docs.goauthentik.io/add-secure-apps/providers/proxy/
  'x-authenticated-*', // Kong, and servers of the ICAP extensions: https://docs.konghq.com/hub/kong-inc/oauth2/
  'x-consumer-*', // Kong, APISIX: https://docs.konghq.com/hub/kong-inc/key-auth/
  'x-anonymous-consumer', // Kong: the same
  'x-credential-*', // Kong: the same
  'x-userinfo', // APISIX, Kong: https://apisix.apache.org/docs/apisix/plugins/openid-connect/
  'x-pomerium-*', // Pomerium: https://www.pomerium.com/docs/capabilities/getting-users-identity
  'x-vouch-*', // Vouch Proxy: https://github.com/vouch/vouch-proxy
  'x-jwt-*', // WSO2, Grafana: https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/jwt/
  'teleport-jwt-assertion', // applications behind Teleport: https://goteleport.com/docs/enroll-resources/application-access/jwt/introduction/
  'tailscale-*', // Tailscale Serve: https://tailscale.com/kb/1312/serve
  'cf-access-*', // Cloudflare Access: https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
  'auth-user', // LemonLDAP::NG: https://lemonldap-ng.org/documentation/latest/writingrulesand_headers.html
  'ynh-user*', // YunoHost: https://doc.yunohost.org/en/dev/packaging/advanced/sso_ldap_integration
  'cas-user', // mod_auth_cas: https://github.com/apereo/mod_auth_cas (CASAuthNHeader)
  'shib-*', // Shibboleth: https://shibboleth.atlassian.net/wiki/spaces/SP3/pages/2065335257/AttributeAccess
  'eppn', // Shibboleth: the same, attribute-map.xml
  'persistent-id', // Shibboleth: the same
  'pairwise-id', // Shibboleth: the same
  'subject-id', // Shibboleth: the same
  'targeted-id', // Shibboleth: the same
  'affiliation', // Shibboleth: the same
  'unscoped-affiliation', // Shibboleth: the same
  'entitlement', // Shibboleth: the same
  'oidc-*', // mod_auth_openidc: https://github.com/OpenIDC/mod_auth_openidc (OIDC_CLAIM_)
  'sm-*', // SiteMinder: https://techdocs.broadcom.com/us/en/symantec-security-software/identity-security/siteminder/12-8.html
  'iv-*', // IBM WebSEAL: https://www.ibm.com/docs/en/sva/10.0.8?topic=junctions-client-identity-in-http-headers
  'oam-*', // Oracle Access Manager: https://docs.oracle.com/cd/E52191_03/Platform.11-1/ATGInstallGuide/html/s1502loggingintothebusinesscontrolcen01.html
  'osso-*', // Oracle Single Sign-On: https://docs.oracle.com/cd/B14099_19/idmanage.1012/b14078/mod_osso.htm
  'logon-user', // IIS: https://learn.microsoft.com/en-us/previous-versions/iis/6.0-sdk/ms524602(v=vs.90)
  'unmapped-remote-user', // IIS: the same
  // Applications that take a header for a sign-in
  'x-webauth-*', // Grafana, Gitea, Forgejo: https://grafana.com/docs/grafana/latest/setup-grafana/configure-security/configure-authentication/auth-proxy/
  'x-remote-*', // Kubernetes, Home Assistant, Rundeck: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
  'x-auth-couchdb-*', // CouchDB: https://docs.couchdb.org/en/stable/api/server/authn.html#proxy-authentication
  'x-proxy-user', // OpenSearch: https://docs.opensearch.org/latest/security/authentication-backends/proxy/
  'x-proxy-roles', // OpenSearch: the same
  'opendistro-security-*', // OpenSearch: https://docs.opensearch.org/latest/security/access-control/impersonation/
  'opensearch-security-*', // OpenSearch: the same
  'sg-impersonate-as', // Search Guard: https://docs.search-guard.com/latest/user-impersonation
  'es-security-runas-user', // Elasticsearch: https://www.elastic.co/guide/en/elasticsearch/reference/7.15/run-as-privilege.html
  'x-trino-user', // Trino: https://trino.io/docs/current/develop/client-protocol.html
  'x-trino-original-user', // Trino: the same
  'x-presto-user', // Presto: https://prestodb.io/docs/current/develop/client-protocol.html
  'x-hasura-*', // Hasura: https://hasura.io/docs/2.0/auth/authorization/roles-variables/
  'x-scope-orgid', // Grafana Mimir, Loki and Tempo: https://grafana.com/docs/mimir/latest/manage/secure/authentication-and-authorization/
  'thanos-tenant', // Thanos: https://thanos.io/tip/components/receive.md/
  'x-materialize-user', // Materialize: https://dev.materialize.com/api/rust/mz_environmentd/http/fn.x_materialize_user_header_auth.html
  'x-proxiedentit*', // Apache NiFi: https://docs.cloudera.com/HDPDocuments/HDF3/HDF-3.4.0/administering-nifi-registry/content/proxy_configuration.html
  'x-user', // CloudBeaver: https://dbeaver.com/docs/cloudbeaver/23.3/Reverse-proxy-header-authentication
  'x-role', // CloudBeaver: the same
  'x-first-name', // CloudBeaver: the same
  'x-last-name', // CloudBeaver: the same
  'x-user-id', // OpenStack services: https://docs.openstack.org/keystonemiddleware/latest/middlewarearchitecture.html
  'x-user-name', // OpenStack services: the same
  'x-roles', // OpenStack services: the same
  'x-identity-status', // OpenStack services: the same
  'x-is-admin-project', // OpenStack services: https://docs.openstack.org/keystonemiddleware/latest/api/keystonemiddleware.auth_token.html
  'x-service-identity-status', // OpenStack services: the same
  'x-service-roles', // OpenStack services: the same
  'x-service-user-*', // OpenStack services: the same
  'x-rstudio-*', // Posit Workbench: https://docs.posit.co/ide/server-pro/authenticating_users/proxied_authentication.html
  'rstudio-connect-*', // Posit Connect: https://docs.posit.co/connect/user/shiny/
  'shiny-server-credentials', // Posit Connect: the same
  'kubeflow-userid', // Kubeflow: https://github.com/kubeflow/kubeflow/pull/7032
  'kubeflow-groups', // Kubeflow: https://github.com/kubeflow/kubeflow/blob/master/components/access-management/README.md
  'impersonate-*', // Kubernetes: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
  'serveridentity', // Nacos: https://nacos.io/en/docs/latest/auth (nacos.core.auth.server.identity.key)
  'x-nmp-principal-*', // NeMo Platform: https://docs.nvidia.com/nemo-platform/documentation/access-control/deployment/credential-propagation
  // Platforms that write who the user is
  'x-goog-authenticated-*', // Google Identity-Aware Proxy: https://cloud.google.com/iap/docs/identity-howto
  'x-goog-iap-*', // Google Identity-Aware Proxy: https://cloud.google.com/iap/docs/identity-howto
  'x-endpoint-api-*', // Google Cloud Endpoints: https://cloud.google.com/endpoints/docs/openapi/authenticating-users-custom
  'x-apigateway-*', // Google API Gateway, serverless-express: https://cloud.google.com/api-gateway/docs/authenticating-users-jwt
  'sec-istio-auth-userinfo', // Istio: https://github.com/istio/proxy/blob/release-1.0/src/envoy/http/jwt_auth/README.md
  'x-amzn-oidc-*', // AWS load balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
  'x-amzn-request-context', // Lambda Web Adapter: https://awslabs.github.io/aws-lambda-web-adapter/features/request-context.html
  'x-amzn-lambda-context', // Lambda Web Adapter: the same
  'x-ms-client-principal*', // Azure App Service: https://learn.microsoft.com/en-us/azure/app-service/configure-authentication-user-identities
  'x-ms-token-*', // Azure App Service: https://learn.microsoft.com/en-us/azure/app-service/configure-authentication-oauth-tokens
  'ms-aspnetcore-*', // ASP.NET Core behind IIS: https://learn.microsoft.com/en-us/aspnet/core/host-and-deploy/iis/advanced
  'sf-context-*', // Snowpark Container Services: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/additional-considerations-services-jobs
  'x-sandstorm-*', // Sandstorm: https://docs.sandstorm.io/en/latest/developing/auth/
  'x-replit-*', // Replit: https://docs.replit.com/hosting/authenticating-users-replit-auth
  'x-cloudtasks-*', // handlers of Cloud Tasks: https://cloud.google.com/tasks/docs/creating-http-target-tasks
  'x-cloudscheduler*', // handlers of Cloud Scheduler: https://cloud.google.com/scheduler/docs/reference/rpc/google.cloud.scheduler.v1
  'x-hc-user-*', // LazyCat: https://developer.lazycat.cloud/en/http-request-headers.html
  'x-kratos-*', // sites behind Ory Kratos: https://www.ory.sh/docs/kratos/reference/api
  'dapr-caller-*', // Dapr: https://docs.dapr.io/developing-applications/building-blocks/service-invocation/
];

/** Words by which applications of all kinds name the user. They do not point to one product. */
const IDENTITY_WORDS: readonly string[] = [
  ...['x-auth*', 'xauth*', 'x-user*', 'x-ory-*', 'x-session-*', 'x-identity-*', 'x-oidc-*'],
  ...[
    'x-id-token*',
    'x-access-token*',
    'x-known-user*',
    'x-rest-user*',
    'php-auth-*',
    'remote-*',
    'auth-*',
  ],
  ...['x-proxy-user*', 'auth', 'authentication', 'username', 'user', 'user-id', 'user-name'],
  ...['user-email', 'user-mail', 'x-email', 'x-group', 'x-groups', 'x-principal', 'x-subject'],
  ...['x-identity', 'postern-*', 'x-postern-*'],
];

/** Names that identify the client by certificate, mesh or subscription. No setting lets a client's copy through. */
const CLIENT_NAMES: readonly string[] = [
  'client-cert*', // https://www.rfc-editor.org/rfc/rfc9440
  ...['x-client-cert*', 'x-client-verify*', 'x-client-dn', 'x-client-cn'], // https://www.puppet.com/docs/puppet/8/server/external_ssl_termination.html
  ...['x-ssl-*', 'ssl-*', 'cert-*'], // https://kubernetes.github.io/ingress-nginx/examples/auth/client-certs/, HAProxy, IIS
  'x-amzn-mtls-*', // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
  'cloudfront-viewer-*', // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/viewer-mtls-headers.html
  'cf-cert-*', // https://developers.cloudflare.com/rules/transform/managed-transforms/reference/
  'cf-client-cert-*', // https://developers.cloudflare.com/cloudflare-one/identity/devices/access-integrations/mutual-tls-authentication/
  'wl-proxy-*', // https://docs.oracle.com/cd/E11035_01/wls100/schemaref/security/http.www.bea.com.ns.weblogic.920.domain/types/servertype.client-cert-proxy-enabled.html
  'wsru', // WebSphere's private headers, "$WSRU" and so on: https://openliberty.io/docs/latest/reference/config/httpDispatcher.html
  ...[
    'wsat',
    'wscc',
    'wscs',
    'wsis',
    'wspr',
    'wspt',
    'wsra',
    'wsrh',
    'wssc',
    'wssi',
    'wssn',
    'wssp',
  ], // the same
  'l5d-*', // https://linkerd.io/2-edge/reference/proxy-configuration/
  ...[
    'msisdn',
    'x-msisdn',
    'x-nokia-msisdn',
    'x-wap-network-client-msisdn',
    'x-up-calling-line-id',
  ], // mobile networks
];

/** Names that tell the client's address, the requested scheme, host, path or method, or a step that a server skips. */
const CONTROL_NAMES: readonly string[] = [
  ...['forward*', 'x-forward*', 'x-original-*', 'x-originally-*', 'x-originating-*', 'x-orig-*'],
  ...['x-rewrite-*', 'x-envoy-*', 'x-middleware-*', 'x-nextjs-*', 'x-astro-*', 'x-invoke-*'],
  ...['x-vercel-*', 'x-true-*', 'true-client-*', 'x-waws-*', 'x-appengine-*', 'x-prox*', 'proxy-*'],
  ...['x-real-*', 'real-*', 'x-client-ip*', 'x-client-host*', 'x-cluster-client-*', 'x-http-*'],
  'http-*', // CGI's own names: HTTP_HOST, HTTP_AUTHORIZATION, HTTP_SM_USER
  ...['x-method*', 'x-arr-*', 'x-host*', 'x-server-name*', 'x-server-port*', 'x-https*', 'https*'],
  ...['x-accel-*', 'x-sendfile-*', 'cf-connecting-*', 'x-url-scheme', 'x-scheme', 'x-ssl'],
  ...['x-orchestra-scheme', 'x-nfsn-https', 'x-ajax-real-method', 'x-matched-path'],
  ...['x-ning-request-uri', 'x-request-uri', 'x-cf-url', 'x-ip', 'x-ip-trail', 'x-coming-from'],
  ...['coming-from', 'x-nokia-ipaddress', 'client-address', 'front-end-https', 'scheme', 'ssl'],
  ...['base-url', 'url', 'uri', 'path', 'host-name', 'unencoded-url', 'orig-path-info'],
  ...['requesturi', 'requestverb', 'real-method'],
  'proxy', // "httpoxy": CGI turns this header into HTTP_PROXY
  // CGI's variables about the request (RFC 3875 section 4.1), and variables that servers add to them.
  ...['gateway-interface', 'context-path', 'path-info', 'path-translated', 'query-string'],
  ...['request-method', 'request-uri', 'script-name', 'server-name', 'server-port'],
  ...['server-port-secure', 'server-protocol'],
  'x-script-name', // https://flask.palletsprojects.com/en/stable/deploying/ (prefix middleware), calibre-web
  'x-ingress-path', // https://developers.home-assistant.io/docs/add-ons/presentation#ingress
  'x-override-url', // https://portswigger.net/research/practical-web-cache-poisoning
  'x-custom-ip-authorization', // https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/05-Authorization_Testing/02-Testing_for_Bypassing_Authorization_Schema
  ...['x-artifactory-override-base-url', 'x-jfrog-override-base-url'], // https://jfrog.com/help/r/jfrog-artifactory-documentation/reverse-proxy-settings
  ...['x-azure-clientip', 'x-azure-socketip', 'x-azure-fdid'], // https://learn.microsoft.com/en-us/azure/frontdoor/front-door-http-headers-protocol
  'x-nf-client-connection-ip', // https://docs.netlify.com/manage/routing/redirects/rewrites-proxies/
  'do-connecting-ip', // https://docs.digitalocean.com/support/where-can-i-find-the-client-ip-address-of-a-request-connecting-to-my-app/
  'cdn-src-ip', // https://help.aliyun.com/zh/cdn/
  ...['x-react-router-prerender-data', 'x-react-router-spa-mode'], // https://github.com/remix-run/react-router/security/advisories/GHSA-f46r-rw29-r322
];

/** Parts of folded names that mean the client's address, host or scheme at any position. */
const CONTROL_PARTS =
  /forwarded|method-override|real-ip|client-?ip|client-?addr|remote-?(?:addr|host|ip)/;

/** The number of letters by which prefixes are grouped. Every prefix has at least so many. */
const KEY_LENGTH = 3;

/**
 * Returns a function that finds a folded name in a list. A pattern with `*` at its end is a prefix; `shib-*` matches
 * `Shib-` too, which is folded to `shib`. A name is compared only with the few prefixes that share its first letters,
 * because a client can send thousands of names.
 */
function matcher(patterns: readonly string[]): (folded: string) => boolean {
  const whole = new Set(patterns); // no folded name holds the `*` of a beginning
  const beginnings = patterns.filter((each) => each.endsWith('*')).map((each) => each.slice(0, -1));
  const byKey = Map.groupBy(beginnings, (beginning) => beginning.slice(0, KEY_LENGTH));
  return (folded) => {
    if (whole.has(folded)) return true;
    const name = `${folded}-`;
    const candidates = byKey.get(name.slice(0, KEY_LENGTH));
    return candidates?.some((beginning) => name.startsWith(beginning)) ?? false;
  };
}

const isUserName = matcher([...IDENTITY_OF_PRODUCTS, ...IDENTITY_WORDS]);
const isClientName = matcher(CLIENT_NAMES);
const isControlName = matcher(CONTROL_NAMES);

/** Returns whether a header identifies the user or the client. */
export function isIdentity(folded: string): boolean {
  return isUserName(folded) || isClientName(folded);
}

/**
 * Returns whether a header tells who or where the client is, or the requested URL or method. Clients must not set it.
 */
export function isAboutRequest(folded: string): boolean {
  return isClientName(folded) || isControlName(folded) || CONTROL_PARTS.test(folded);
}

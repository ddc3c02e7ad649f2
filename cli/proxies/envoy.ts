import {
  FORWARDING_HEADERS,
  type ProxiedSite,
  REMOVED_HEADERS,
  SECRET_PLACEHOLDER,
} from './proxied-site.ts';

/** The headers that the gate reads, besides method, host, path and `Authorization`, which Envoy always sends. */
const READ_HEADERS = [
  '{ exact: accept }',
  '{ exact: cookie }',
  '{ exact: origin }',
  '{ exact: upgrade }',
  '{ exact: x-requested-with }',
  '{ exact: x-session-token }',
  '{ prefix: access-control-request- }',
  '{ prefix: sec-fetch- }',
  '{ prefix: sec-websocket- }',
];

/** Configures Envoy, with its `ext_authz` filter over HTTP. */
export function envoyConfig({
  gateHost,
  hosts,
  port,
  upstream,
  identityHeaders,
}: ProxiedSite): string {
  const [host = ''] = hosts;
  const domains = hosts.flatMap((name) =>
    port === 443 ? [name, `${name}:443`] : [`${name}:${port}`],
  );
  const removed = [...REMOVED_HEADERS, ...FORWARDING_HEADERS, ...identityHeaders].map((name) =>
    name.toLowerCase(),
  );
  return `static_resources:
  listeners:
    - name: site
      address: { socket_address: { address: 0.0.0.0, port_value: ${port} } }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
              common_tls_context:
                alpn_protocols: [h2, http/1.1]
                tls_certificates:
                  - certificate_chain: { filename: /etc/envoy/tls/${host}.crt }
                    private_key: { filename: /etc/envoy/tls/${host}.key }
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: site
                use_remote_address: true
                # The gate and the site must get the same path.
                normalize_path: true
                merge_slashes: true
                path_with_escaped_slashes_action: KEEP_UNCHANGED
                upgrade_configs: [{ upgrade_type: websocket }]
                early_header_mutation_extensions:
                  - name: envoy.http.early_header_mutation.header_mutation
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
                      mutations:
                        # Some sites read X_User_Id and X.User.Id as X-User-Id, so Envoy removes such names.
                        - remove_on_match: { key_matcher: { safe_regex: { regex: "[^:]*[^0-9a-z:-].*" } } }
${removed.map((name) => `                        - remove: ${name}`).join('\n')}
                http_filters:
                  - name: envoy.filters.http.ext_authz
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz
                      failure_mode_allow: false
                      # Envoy's default is 403, which would look like a verdict of the gate.
                      status_on_error: { code: ServiceUnavailable }
                      allowed_headers:
                        patterns:
${READ_HEADERS.map((pattern) => `                          - ${pattern}`).join('\n')}
                      http_service:
                        server_uri: { uri: https://${gateHost}, cluster: postern, timeout: 6s }
                        path_prefix: /.postern/auth/envoy
                        authorization_request:
                          headers_to_add: [{ key: Postern-Proxy-Secret, value: "${SECRET_PLACEHOLDER}" }]
                        # Without allowed_client_headers the client gets all headers of a refusal.
                        authorization_response:
                          allowed_upstream_headers:
                            patterns:
${identityHeaders.map((name) => `                              - { exact: ${name.toLowerCase()} }`).join('\n')}
                          allowed_client_headers_on_success: { patterns: [{ exact: set-cookie }] }
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
                route_config:
                  virtual_hosts:
                    - name: site
                      domains: [${domains.map((name) => JSON.stringify(name)).join(', ')}]
                      routes:
                        - match: { prefix: / }
                          route: { cluster: site }
  clusters:
    - name: postern
      type: LOGICAL_DNS
      load_assignment:
        cluster_name: postern
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: ${gateHost}, port_value: 443 } } }
      transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
          sni: ${gateHost}
          common_tls_context:
            validation_context:
              trusted_ca: { filename: /etc/ssl/certs/ca-certificates.crt }
              match_typed_subject_alt_names:
                - { san_type: DNS, matcher: { exact: ${gateHost} } }
    - name: site
      type: STRICT_DNS
      load_assignment:
        cluster_name: site
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: ${upstream.replace(/:\d+$/, '')}, port_value: ${upstream.replace(/^.*:/, '')} } } }
`;
}

/** Ory Oathkeeper, which asks the session store about each request, or verifies a token. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from '../load.ts';
import { gatedByCookie, gatedByToken, type Peer, storeRequests } from './peers.ts';
import { builtProgram, type PeerPlaces, proxyPeer } from './proxy-peer.ts';

const ID = 'x-user-id';

export const oathkeeperPeer: Peer = proxyPeer({
  id: 'oathkeeper',
  name: 'Oathkeeper `cookie_session`, by JWT `jwt`',
  program: builtProgram('Oathkeeper', 'OATHKEEPER'),
  configure(places) {
    const file = join(places.folder, 'oathkeeper.json');
    const rulesFile = join(places.folder, 'rules.json');
    writeFileSync(rulesFile, JSON.stringify(rules(places)));
    writeFileSync(file, JSON.stringify(configuration(places, rulesFile)));
    return { parameters: ['serve', '--config', file], env: { SQA_OPT_OUT: 'true' } };
  },
  requests({ port, otherPort, fixtures }) {
    const decision = gatedByCookie({ port: otherPort, path: '/decisions/near' }, ID);
    const answer = { status: 200, answer: isIdentified };
    return {
      ...storeRequests({ port, path: '/near' }, { port, path: '/far' }, ID),
      'check only': { ...decision, expected: answer },
      'gate by JWT': gatedByToken({ port, path: '/token' }, ID, fixtures),
    };
  },
});

function isIdentified({ headers }: { headers: Readonly<Record<string, unknown>> }): boolean {
  return headers[ID] !== undefined;
}

function configuration(
  { port, farPort, otherPort, around, fixtures }: PeerPlaces,
  rulesFile: string,
) {
  return {
    serve: {
      proxy: { host: '127.0.0.1', port },
      api: { host: '127.0.0.1', port: otherPort },
      prometheus: { host: '127.0.0.1', port: farPort },
    },
    access_rules: { repositories: [`file://${rulesFile}`], matching_strategy: 'glob' },
    authenticators: {
      cookie_session: { enabled: true, config: asking(around.store) },
      jwt: {
        enabled: true,
        config: {
          jwks_urls: [`http://127.0.0.1:${around.keys}/`],
          trusted_issuers: [fixtures.issuer.issuer],
          target_audience: ['postern'],
          allowed_algorithms: [fixtures.issuer.algorithm],
        },
      },
    },
    authorizers: { allow: { enabled: true } },
    mutators: {
      header: { enabled: true, config: { headers: { 'X-User-Id': '{{ print .Subject }}' } } },
    },
    errors: { fallback: ['json'], handlers: { json: { enabled: true } } },
    log: { level: 'error' },
  };
}

function asking(store: number) {
  return {
    check_session_url: `http://127.0.0.1:${store}/sessions/whoami`,
    preserve_path: true,
    force_method: 'GET',
    only: ['ory_kratos_session'],
    subject_from: 'identity.id',
    extra_from: '@this',
  };
}

function rules({ around }: PeerPlaces) {
  const rule = (path: string, authenticator: object) => ({
    id: path,
    match: { url: `http://${HOST}/${path}`, methods: ['GET', 'POST'] },
    upstream: { url: `http://127.0.0.1:${around.origin}` },
    authenticators: [authenticator],
    authorizer: { handler: 'allow' },
    mutators: [{ handler: 'header' }],
  });
  return [
    rule('near', { handler: 'cookie_session' }),
    rule('far', { handler: 'cookie_session', config: asking(around['store-far']) }),
    rule('token', { handler: 'jwt' }),
  ];
}

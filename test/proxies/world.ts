/** A site, a gate and certificates, for proxies to stand between them; and a client in front of each proxy. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { type Certificate, createAuthority, createCertificate } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { type ArrivedRequest, type NodeOrigin, startNodeOrigin } from '../support/node-origin.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { type ComposedRequest, type RawHeaders, request } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';
import type { Json } from '../support/runtime-worker.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { type End, type GateEdge, startGateEdge, startTlsClient } from '../support/tls-ends.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';
import { PROXIES, type ProxyKind, type RunningProxy, startProxy } from './proxy-kinds.ts';

/** The host of the wrangler.toml of this repository. */
export const HOST = 'app.example.com';
/** Another host of the site, without open paths. */
export const ADMIN_HOST = 'admin.example.com';
/** An origin whose pages may ask below /api. */
export const SPA = 'https://spa.example.com';
export const SECRET = 'the-secret-that-proxies-prove-themselves-with';
export const PAGE = {
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
  Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
};

const GATE_NAMES = ['gate.example.com', 'localhost'] as const;

/** The servers behind a proxy. */
export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly site: NodeOrigin;
  readonly gate: RunningGate;
  readonly edge: GateEdge;
  readonly authority: Certificate;
  readonly good: Certificate;
  /** Certificates the gate's address must not be trusted with. */
  readonly bad: Readonly<Record<'of another name' | 'of another authority', Certificate>>;
}

/** A proxy, what stands behind it, and a person. */
export interface Behind extends World {
  readonly kind: ProxyKind;
  readonly proxy: RunningProxy;
  /** The proxy's own port, for TLS. */
  readonly port: number;
  /** A port that speaks TLS to the proxy. */
  readonly client: End;
  readonly cookie: string;
  readonly identityId: string;
  /** Sends a request for HOST through the proxy. */
  ask(
    target: string,
    headers?: RawHeaders,
    more?: Omit<ComposedRequest, 'target' | 'headers'>,
  ): Promise<RawResponse>;
}

/** Describes the same cases for each installed proxy; for others, prints the way to install it. */
export function describeEachProxy(cases: (behind: () => Behind) => void): void {
  describeProxies(PROXIES, cases);
}

/** The same for nginx alone, its configuration changed. */
export function describeNginx(
  cases: (behind: () => Behind) => void,
  change: (configuration: string) => string,
): void {
  const nginx = PROXIES.filter(({ name }) => name === 'nginx');
  describeProxies(nginx, cases, change);
}

function describeProxies(
  proxies: readonly ProxyKind[],
  cases: (behind: () => Behind) => void,
  change?: (configuration: string) => string,
): void {
  let world: World | undefined;
  beforeAll(async () => {
    if (proxies.some(({ executable }) => executable !== undefined)) world = await startWorld();
  });
  afterEach(() => void world?.site.take());
  afterAll(() => world?.[Symbol.asyncDispose]());

  describe.each(proxies)('$name', (kind) => {
    const isMissing = kind.executable === undefined;
    const title = isMissing
      ? `skipped: ${kind.name} is not installed (${kind.source})`
      : 'as docs/forward-auth.md configures it';
    describe.skipIf(isMissing)(title, () => {
      let behind: Behind | undefined;
      beforeAll(async () => {
        if (world !== undefined) behind = await stand(kind, world, change);
      });
      afterAll(async () => {
        await behind?.client[Symbol.asyncDispose]();
        await behind?.proxy.stop();
      });
      cases(() => {
        if (behind === undefined) throw new Error(`${kind.name} was not started`);
        return behind;
      });
    });
  });
}

/** Every value with which this header arrived at the site. */
export function valuesOf(arrived: ArrivedRequest | undefined, name: string): string[] {
  return (arrived?.headers ?? [])
    .filter(([key]) => key.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-proxies-'));
  chmodSync(folder, 0o755); // proxies may run as another user
  const authority = createAuthority(folder, 'authority');
  const stranger = createAuthority(folder, 'stranger');
  const good = createCertificate(folder, authority, [...GATE_NAMES, HOST]);
  const bad = {
    'of another name': createCertificate(folder, authority, ['elsewhere.example.com']),
    'of another authority': createCertificate(folder, stranger, GATE_NAMES),
  };
  const edgePort = await freePort();
  const site = await startSite();
  const gate = await startGate({ vars: gateVars(edgePort) });
  const edge = await startGateEdge(edgePort, { gatePort: gate.port, names: GATE_NAMES, good });
  const dispose = async () => {
    await edge[Symbol.asyncDispose]();
    await gate.dispose();
    await site[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, site, gate, edge, authority, good, bad, [Symbol.asyncDispose]: dispose };
}

/** The settings of the wrangler.toml from which the page's snippets are written, with secrets and further rules. */
function gateVars(edgePort: number): Record<string, Json> {
  const { fields: file } = readWranglerFile(inRepository('wrangler.toml'));
  const { PUBLIC_URL, KRATOS_PUBLIC_URL, IDENTITY_HEADERS, RULES } = file.vars as Record<
    string,
    Json
  >;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' };
  return {
    PUBLIC_URL: PUBLIC_URL ?? '',
    KRATOS_PUBLIC_URL: KRATOS_PUBLIC_URL ?? '',
    IDENTITY_HEADERS: IDENTITY_HEADERS ?? {},
    HOSTS: ['gate.example.com', ADMIN_HOST, `localhost:${edgePort}`],
    FORWARD_AUTH_SECRETS: [SECRET],
    ASSERTION_KEYS: JSON.stringify({ keys: [key] }),
    RULES: [
      { host: ADMIN_HOST, path: '/*', session: 'required' },
      ...(Array.isArray(RULES) ? RULES : []),
      { path: '/api/*', session: 'required', preflight: [SPA] },
      { path: '/maybe/*', session: 'optional' },
      { path: '/vault/*', session: 'required', aal: 'aal2' },
      { path: '/staff/*', session: 'required', allow: 'session.identity.id == "nobody"' },
    ],
  };
}

/** The site: 404 below /missing, handshakes accepted, all else 200 with a cookie and the length of the body. */
function startSite(): Promise<NodeOrigin> {
  return startNodeOrigin(
    (incoming, response) => {
      response.statusCode = incoming.url?.startsWith('/missing') ? 404 : 200;
      response.setHeader('Set-Cookie', 'site=1');
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      incoming.on('end', () => response.end(`site:${length}`));
    },
    ({ headers }, socket) => {
      const accept = createHash('sha1')
        .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`) // RFC 6455 section 1.3
        .digest('base64');
      const fields = [
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${accept}`,
      ];
      socket.end(`${['HTTP/1.1 101 Switching Protocols', ...fields].join('\r\n')}\r\n\r\n`);
    },
  );
}

async function stand(
  kind: ProxyKind,
  world: World,
  change?: (configuration: string) => string,
): Promise<Behind> {
  const port = await freePort();
  const proxy = await startProxy(kind, {
    folder: join(world.folder, kind.name),
    port,
    gatePort: world.edge.port,
    sitePort: world.site.port,
    secret: SECRET,
    otherHost: ADMIN_HOST,
    ...(change !== undefined && { change }),
    certificate: world.good,
    authorityFile: world.authority.certificateFile,
  });
  const client = await startTlsClient(port, HOST);
  const ask: Behind['ask'] = (target, headers = {}, more = {}) =>
    request(client.port, { target, headers: withHost(headers), ...more });
  await untilServing(ask, () => `${kind.name} does not serve the site:\n${proxy.log()}`);
  const { cookie, session } = await world.gate.kratos.createSession({
    traits: { email: 'a@example.com' },
  });
  world.site.take();
  return { ...world, kind, proxy, port, client, ask, cookie, identityId: session.identity.id };
}

/** Proxies listen before they have their certificates and routes. */
async function untilServing(ask: Behind['ask'], explain: () => string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = await ask('/public/ready').catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error(explain());
}

function withHost(headers: RawHeaders): RawHeaders {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const isNamed = pairs.some(([name]) => name.toLowerCase() === 'host');
  return isNamed ? pairs : [['Host', HOST], ...pairs];
}

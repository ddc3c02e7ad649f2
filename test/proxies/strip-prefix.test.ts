/** The same prefixes in nginx and in the gate: wherever the gate forwards a request, both origins get the same path. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { type NodeOrigin, startNodeOrigin } from '../support/node-origin.ts';
import { get, header } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { type Places, PROXIES, type RunningProxy, startProxy } from './proxy-kinds.ts';

const HOST = 'app.example.test';
/** The prefix of each origin, as the gate and nginx's locations spell it. */
const PREFIXES = { api: '/api', deep: '/apps/v1', cafe: '/caf%C3%A9' } as const;
const REQUESTS = Number(process.env.REQUESTS ?? 150);

const nginx = PROXIES.find(({ name }) => name === 'nginx');
const isMissing = nginx?.executable === undefined;

/** A site of three locations. `proxy_pass` with a path takes the place of the location's own (ngx_http_proxy_module). */
function configuration(port: number, origins: Readonly<Record<string, NodeOrigin>>): string {
  const locations = Object.entries(PREFIXES).map(
    ([name, prefix]) =>
      `location ${decodeURIComponent(prefix)}/ { proxy_pass ${origins[name]?.url}/; }`,
  );
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = folders.map((name) => `${name}_temp_path ${name};`).join('\n');
  return `daemon off;\npid nginx.pid;\nerror_log stderr crit;\nevents {}\nhttp {\naccess_log off;\n${temporary}\nserver { listen 127.0.0.1:${port}; server_name ${HOST};\n${locations.join('\n')}\n} }\n`;
}

const title = isMissing ? 'skipped: nginx is not installed' : 'strip_prefix, and the same in nginx';
describe.skipIf(isMissing)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-prefixes-'));
  const origins: Record<string, NodeOrigin> = {};
  let gate: RunningGate;
  let proxy: RunningProxy;
  let port = 0;

  beforeAll(async () => {
    for (const name of Object.keys(PREFIXES))
      origins[name] = await startNodeOrigin(redirectIfAsked);
    port = await freePort();
    const text = configuration(port, origins);
    if (nginx === undefined) throw new Error('nginx is missing');
    const configure = () => {
      writeFileSync(join(folder, 'nginx.conf'), text);
      return { parameters: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'] };
    };
    mkdirSync(join(folder, 'logs'), { recursive: true });
    proxy = await startProxy({ ...nginx, configure }, { folder, port } as Places); // nothing else is asked of them
    gate = await startGate({
      services: { kratos: 'binding', origin: 'http' },
      vars: {
        ORIGIN_URL: undefined,
        ORIGINS: Object.fromEntries(
          Object.entries(PREFIXES).map(([name, prefix]) => [
            name,
            { url: origins[name]?.url ?? '', strip_prefix: prefix },
          ]),
        ),
        RULES: Object.entries(PREFIXES).map(([name, prefix]) => ({
          path: `${prefix}/*`,
          session: 'none',
          origin: name,
        })),
      },
    });
  }, 60_000);
  afterAll(async () => {
    await proxy?.stop();
    await gate?.dispose();
    for (const origin of Object.values(origins)) await origin.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Sends a target to a port, and returns the origin that it arrived at, with its path and its query. */
  async function arrivedThrough(to: number, target: string) {
    const answer = await get(to, target, { Host: HOST });
    const found = Object.entries(origins).flatMap(([name, origin]) =>
      origin.take().map((request) => {
        const [path = ''] = request.target.split('?', 1);
        // nginx decodes the path and encodes it anew, so the same path can have another spelling.
        return { name, path: decodeURIComponent(path), search: request.target.slice(path.length) };
      }),
    );
    return { answer, found };
  }

  const piece = fc.constantFrom(
    'a',
    'b',
    'api',
    'apps',
    'v1',
    '%61pi',
    'caf%C3%A9',
    'café',
    '@',
    ':',
    "!$&'()*+,=",
    'a%20b',
    '%7Eb',
    '%E2%82%AC',
    'x.y',
    '...',
    '',
  );
  const target = fc
    .tuple(
      fc.constantFrom(
        ...Object.values(PREFIXES),
        '/%61p%69',
        '/caf%c3%a9',
        '/apps/v%31',
        '/apps',
        '/apis',
        '/API',
        '',
      ),
      fc.array(piece, { maxLength: 4 }),
      fc.constantFrom('', '?a=%2F..//b&c', '?/api/'), // nginx drops an empty query,
    )
    .map(
      ([first, pieces, search]) =>
        encodeURI(`${[first, ...pieces].join('/') || '/'}`).replaceAll('%25', '%') + search,
    );

  it('leads to the same origin, with the same path and query, wherever the gate forwards at all', async () => {
    let forwarded = 0;
    for (const sent of fc.sample(target, REQUESTS)) {
      const ours = await arrivedThrough(gate.port, sent);
      const theirs = await arrivedThrough(port, sent);
      if (ours.found.length === 0) {
        // The gate refuses paths that servers read in several ways (400), and knows no origin for others (401, 404).
        expect([sent, [400, 401, 404].includes(ours.answer.status)]).toEqual([sent, true]);
        continue;
      }
      forwarded += 1;
      expect({ sent, ...ours.found }).toEqual({ sent, ...theirs.found });
    }
    expect(forwarded).toBeGreaterThan(REQUESTS / 5);
  });

  it('redirects of an origin to itself lead to the same page of the site', async () => {
    // nginx writes a prefix beyond ASCII as bytes that no URL has, so that one is left out.
    const ascii = Object.entries(PREFIXES).filter(([name]) => name !== 'cafe');
    for (const [name, prefix] of ascii) {
      const own = origins[name]?.url ?? '';
      for (const location of [
        `${own}/`,
        `${own}/a?b=1`,
        `${own}/caf%C3%A9`,
        '/a',
        'a',
        'https://elsewhere.example/a',
      ]) {
        const sent = `${prefix}/x/y?to=${encodeURIComponent(location)}`;
        const pages = await Promise.all(
          [gate.port, port].map(async (to) => {
            const answer = await get(to, sent, { Host: HOST });
            const page = new URL(header(answer, 'location') ?? '', `https://${HOST}${sent}`);
            return decodeURIComponent(page.pathname) + page.search;
          }),
        );
        expect([location, pages[0]]).toEqual([location, pages[1]]);
      }
    }
  });
});

/** Answers with a redirect to the URL in the query, or with 200. */
function redirectIfAsked(
  ...[incoming, response]: Parameters<NonNullable<Parameters<typeof startNodeOrigin>[0]>>
) {
  const { searchParams } = new URL(incoming.url ?? '', 'http://origin.test');
  const to = searchParams.get('to');
  if (to !== null) response.writeHead(302, { location: to });
  response.end('ok');
}

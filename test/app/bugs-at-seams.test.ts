import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../src/app/dependencies.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import type { OperatorEvent } from '../../src/runtime/report.ts';

const ISSUER = 'https://issuer.example.test';
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const JWT = `${encode({ alg: 'ES256', kid: 'k' })}.${encode({ iss: ISSUER, sub: 'ann', aud: 'app' })}.c2ln`;
const SIGNED_IN = { 'X-Session-Token': 'ory_st_a_credential' };
const REFUSED = '{"error":{"code":401,"status":"Unauthorized","message":"No valid session"}}';

/** An answer of the platform over which our code stumbles: any use of it throws. */
function stumblingBlock(): never {
  const get = (_: object, name: string | symbol) => {
    if (name === 'then') return undefined; // a promise may hold it
    throw new TypeError('seam is broken');
  };
  return new Proxy({}, { get }) as never; // in place of the seam's own type
}

const SITE = { ORIGIN_URL: 'https://origin.example.test' };

/** The dependencies that are broken; the others work. */
type Broken = Partial<Omit<Dependencies, 'fetchers'>> & {
  readonly fetchers?: Partial<Dependencies['fetchers']>;
};

interface Seam {
  readonly broken: (answer: () => Promise<never>) => Broken;
  readonly path: string;
  readonly headers?: Record<string, string>;
}

const SEAMS: Record<string, Seam> = {
  store: {
    broken: (answer) => ({ fetchers: { kratos: answer } }),
    path: '/sessions/whoami',
    headers: SIGNED_IN,
  },
  upstream: {
    broken: (answer) => ({ fetchers: { kratos: answer } }),
    path: '/sessions',
    headers: SIGNED_IN,
  },
  origin: { broken: (answer) => ({ fetchOrigin: answer }), path: '/public/page' },
  KV: {
    broken: (answer) => ({ kv: { get: answer, put: async () => {}, delete: async () => {} } }),
    path: '/sessions/whoami',
    headers: { ...SIGNED_IN, 'cache-control': 'only-if-cached' }, // a quick store answers before KV is read
  },
  log: {
    broken: (answer) => ({ openLog: () => ({ read: answer, append: answer }) }),
    path: '/sessions/whoami',
    headers: SIGNED_IN,
  },
  keys: {
    broken: (answer) => ({ fetchers: { keys: answer } }),
    path: '/sessions/whoami',
    headers: { Authorization: `Bearer ${JWT}` },
  },
};

/** A gateway whose neighbours answer well, with these in their place. `log` has the lines that it wrote. */
function startGateway(dependencies: Broken, settings: Record<string, unknown> = SITE) {
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    ...settings,
    REVOCATIONS: {},
    REVOCATION: dependencies.openLog === undefined ? 'off' : 'log',
    ISSUERS: [
      {
        issuer: ISSUER,
        preset: 'kratos',
        audience: 'app',
        algorithms: ['ES256'],
        jwks_url: `${ISSUER}/keys`,
      },
    ],
    RULES: [{ path: '/public/*', session: 'none' }],
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const log: OperatorEvent[] = [];
  const background: Promise<unknown>[] = [];
  const refused = async ({ url }: Request) =>
    url.endsWith('/health/ready')
      ? Response.json({ status: 'ok' })
      : new Response(REFUSED, { status: 401, headers: { 'content-type': 'application/json' } });
  const gateway = createGateway(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchOrigin: async () => new Response('ok'),
    now: () => Date.now(),
    random: () => 0.5,
    report: (event) => void log.push(event),
    metrics: undefined,
    ...dependencies,
    fetchers: {
      kratos: refused,
      kratosAdmin: refused,
      keycard: refused,
      keys: async () => Response.json({ keys: [] }),
      ...dependencies.fetchers,
    },
  });
  const ask = async ({ path, headers = {} }: Pick<Seam, 'path' | 'headers'>) => {
    const request = new Request(`https://app.example.test${path}`, { headers });
    const response = await gateway.fetch(request, (work) => void background.push(work));
    await Promise.allSettled(background);
    return response;
  };
  const bugs = () => log.filter(({ event }) => event === 'bug');
  return { ask, bugs, log, gateway };
}

describe.each(Object.entries(SEAMS))(
  'an error of Postern itself at the seam: %s',
  (_name, seam) => {
    it('is logged once as a bug, with name and place, and answered with 503', async () => {
      const gateway = startGateway(seam.broken(async () => stumblingBlock()));
      const response = await gateway.ask(seam);
      expect([response.status, await response.text()]).toEqual([
        503,
        expect.stringContaining('internal_error'),
      ]);
      expect(gateway.bugs()).toEqual([
        {
          event: 'bug',
          name: 'TypeError',
          message: 'seam is broken',
          at: expect.stringMatching(/:\d+:\d+\)?$/),
        },
      ]);
    });

    it('affects only the request that met it', async () => {
      let isBroken = true;
      const gateway = startGateway(
        seam.broken(async () => (isBroken ? stumblingBlock() : Promise.reject(new Error('down')))),
      );
      await gateway.ask(seam);
      isBroken = false;
      const response = await gateway.ask({ path: '/public/page' });
      expect(response.status).toBe(seam === SEAMS.origin ? 502 : 200);
      expect(gateway.bugs()).toHaveLength(1);
    });

    it('differs from an outage, which is no bug', async () => {
      const gateway = startGateway(seam.broken(() => Promise.reject(new TypeError('network'))));
      await gateway.ask(seam);
      expect(gateway.bugs()).toEqual([]);
    });
  },
);

it('an error of Postern itself where no site is behind the gate is logged, and answered with 503', async () => {
  const { gateway, bugs } = startGateway({ fetchOrigin: undefined }, {});
  const request = new Request('https://app.example.test/page');
  const { headers } = request;
  let reads = 0;
  const get = () => {
    reads += 1;
    if (reads === 2) throw new TypeError('seam is broken'); // the first read admits the request
    return headers;
  };
  const response = await gateway.fetch(
    Object.defineProperty(request, 'headers', { get }),
    () => {},
  );
  expect([response.status, bugs()]).toMatchObject([503, [{ message: 'seam is broken' }]]);
});

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeCorpus, readLines } from '../support/corpus.ts';
import { freePort } from '../support/free-port.ts';
import { type NodeOrigin, startNodeOrigin } from '../support/node-origin.ts';
import { get, header, rawRequest, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const SECRET = 'the-secret-that-nginx-proves-itself-with';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const NGINX = [
  '/usr/sbin/nginx',
  '/usr/local/sbin/nginx',
  '/usr/bin/nginx',
  '/opt/homebrew/bin/nginx',
].find(existsSync);

/** As docs/forward-auth.md has it, in front of a folder and, below /app/, of another server. */
function configuration(port: number, gatePort: number, site: string, originUrl: string): string {
  return `
daemon off;
pid nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port};
    root ${site};

    location = /_postern {
      internal;
      proxy_pass http://127.0.0.1:${gatePort}/.postern/auth/nginx;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header Host app.example.test;
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
      proxy_set_header Postern-Proxy-Secret "${SECRET}";
    }

    auth_request /_postern;
    auth_request_set $user_id $upstream_http_x_user_id;
    auth_request_set $user_email $upstream_http_x_user_email;
    auth_request_set $renewed $upstream_http_set_cookie;
    auth_request_set $sign_in $upstream_http_location;
    error_page 401 = @sign_in;

    location / {
      add_header X-Seen-User $user_id;
      add_header Set-Cookie $renewed;
    }

    location /app/ {
      proxy_set_header X-User-Id $user_id;
      proxy_set_header X-User-Email $user_email;
      proxy_pass ${originUrl};
    }

    location @sign_in {
      auth_request off;
      add_header Cache-Control "private, no-store" always;
      add_header Set-Cookie $renewed always;
      if ($sign_in) { return 302 $sign_in; }
      return 401;
    }
  }
}
`;
}

function version(): string {
  return NGINX === undefined ? '' : execFileSync(NGINX, ['-v'], { stdio: 'pipe' }).toString();
}

describe.skipIf(NGINX === undefined)(
  NGINX === undefined
    ? 'skipped: nginx is not installed (Debian: apt-get install nginx-light)'
    : 'a real nginx with auth_request',
  () => {
    let gate: RunningGate;
    let origin: NodeOrigin;
    let nginx: ChildProcess;
    let folder: string;
    let port: number;
    let cookie: string;
    let identityId: string;

    beforeAll(async () => {
      version();
      origin = await startNodeOrigin();
      gate = await startGate({
        vars: {
          FORWARD_AUTH_SECRETS: [SECRET],
          IDENTITY_HEADERS: { 'X-User-Id': 'identity.id', 'X-User-Email': 'identity.traits.mail' },
          RULES: [{ path: '/public/*', session: 'none' }],
        },
      });
      port = await freePort();
      folder = mkdtempSync(join(tmpdir(), 'postern-nginx-'));
      const site = join(folder, 'site');
      for (const [path, text] of [
        ['public/index.html', 'for all'],
        ['members/index.html', 'for members'],
      ] as const) {
        mkdirSync(join(site, path, '..'), { recursive: true });
        writeFileSync(join(site, path), text);
      }
      chmodSync(folder, 0o755); // its workers run as another user
      writeFileSync(join(folder, 'nginx.conf'), configuration(port, gate.port, site, origin.url));
      nginx = spawn(NGINX ?? '', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await untilListening(port);
      const created = await gate.kratos.createSession();
      cookie = created.cookie;
      identityId = created.session.identity.id;
    });

    afterAll(async () => {
      nginx?.kill('SIGTERM');
      await gate?.dispose();
      await origin?.[Symbol.asyncDispose]();
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    });

    it('serves the public folder to everyone and the rest to those signed in', async () => {
      expect((await get(port, '/public/index.html')).text).toBe('for all');
      expect((await get(port, '/members/index.html')).status).toBe(401);
      const passed = await get(port, '/members/index.html', { Cookie: cookie });
      expect([passed.text, header(passed, 'x-seen-user')]).toEqual(['for members', identityId]);
      expect((await get(port, '/missing', { Cookie: cookie })).status).toBe(404);
      expect((await request(port, { method: 'HEAD', target: '/members/index.html' })).status).toBe(
        401,
      );
    });

    it('sends a person to sign in and back, and a program away', async () => {
      const challenge = await get(port, '/members/index.html?a=1', PAGE);
      expect(challenge.status).toBe(302);
      const location = new URL(header(challenge, 'location') ?? '');
      expect(location.host).toBe('kratos.example.test');
      expect(location.searchParams.get('return_to')).toBe(
        'https://app.example.test/members/index.html?a=1',
      );
      expect(header(challenge, 'set-cookie')).toMatch(/postern-turns=1/);
    });

    it('F5: gives the site Postern’s word and never the client’s', async () => {
      const spoofed = {
        'X-User-Id': 'spoofed',
        'X-User-Email': 'spoofed',
        X_User_Id: 'spoofed',
        Cookie: cookie,
      };
      origin.take();
      expect((await get(port, '/app/x', spoofed)).status).toBe(200);
      const [seen] = origin.take();
      expect(JSON.stringify(seen?.headers)).not.toContain('spoofed');
      expect(seen?.headers).toContainEqual(['X-User-Id', identityId]);
    });

    it('a client cannot speak for nginx', async () => {
      const headers = {
        'X-Original-URL': 'https://app.example.test/public/x',
        'X-Original-Method': 'GET',
        'Postern-Proxy-Secret': SECRET,
      };
      expect((await get(port, '/members/index.html', headers)).status).toBe(401);
      expect((await get(port, '/_postern', headers)).status).toBe(404);
    });

    it('delivers the cookie of a renewed session', async () => {
      const renewed = await gate.kratos.createSession();
      await gate.kratos.control({
        whoami: {
          body: renewed.session,
          headers: { 'Set-Cookie': 'ory_kratos_session=renewed; Path=/' },
        },
      });
      const passed = await get(port, '/members/index.html', { Cookie: renewed.cookie });
      await gate.kratos.reset();
      expect([passed.status, header(passed, 'set-cookie')]).toEqual([
        200,
        'ory_kratos_session=renewed; Path=/',
      ]);
    });

    it('closes when nobody can tell', async () => {
      await gate.kratos.control({ whoami: { status: 500, body: 'no' } });
      const unknown = await gate.kratos.createSession();
      expect((await get(port, '/members/index.html', { Cookie: unknown.cookie })).status).toBe(500);
      await gate.kratos.reset();
    });

    const payloads = readLines('path-traversal.txt');
    it.skipIf(payloads === undefined)(
      payloads === undefined
        ? describeCorpus('path-traversal.txt')
        : 'F1: no traversal shows a member’s page to a stranger',
      async () => {
        const climbs = [
          '/public/../members/index.html',
          '/public/%2e%2e/members/index.html',
          '/public/..%2fmembers/index.html',
          '//members/index.html',
          '/public//../members/index.html',
          '/public/..;/members/index.html',
          '/PUBLIC/../members/index.html',
          '/public/%252e%252e/members/index.html',
        ];
        const targets = [
          ...climbs,
          ...(payloads ?? []).map((payload) => `/public/${payload}/members/index.html`),
        ];
        for (const target of targets) {
          const line = Buffer.from(
            `GET ${target} HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n`,
          );
          const answer = await rawRequest(port, line);
          expect([target, answer.text.includes('for members')]).toEqual([target, false]);
        }
      },
    );
  },
);

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      await get(port, '/public/index.html');
      return;
    } catch {
      await sleep(50);
    }
  }
  throw new Error('nginx did not start');
}

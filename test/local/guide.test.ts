import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { type Addresses, guide, guideText, PAGES } from '../../standins/guide.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { Vars } from '../support/gate-options.ts';
import { inRepository } from '../support/repository.ts';
import { readWranglerFile } from '../support/wrangler-file.ts';
import { Visitor } from './visitor.ts';

await loadConditionLanguage();

const run = promisify(execFile);
const { fields: file, environment } = readWranglerFile(inRepository('standins/gate.wrangler.toml'));
const LOCAL: Addresses = {
  gate: 'http://localhost:8787',
  kratos: 'http://localhost:4433',
  keycard: 'http://localhost:4455',
};

let addresses: Addresses;

const gate = await gateForAllTests({
  vars: (started) => {
    addresses = started;
    return settingsAt({ ...started, site: started.origin });
  },
  services: 'http',
});

/** The settings of `npm run dev`, at other addresses. */
function settingsAt(at: Addresses & { readonly site: string }): Vars {
  const text = JSON.stringify(file.vars)
    .replaceAll(LOCAL.gate, at.gate)
    .replaceAll(LOCAL.kratos, at.kratos)
    .replaceAll(LOCAL.keycard, at.keycard)
    .replaceAll('http://localhost:4480', at.site);
  return JSON.parse(text) as Vars; // the variables that wrangler read
}

function hasCurl(): boolean {
  return spawnSync('curl', ['--version']).status === 0;
}

/** Returns the output of a shell for each command, on one line; all in one shell, as in a terminal. */
async function paste(commands: readonly string[]): Promise<string[]> {
  const separator = '--- next ---';
  const script = commands.flatMap((command) => [command, `echo; echo '${separator}'`]).join('\n');
  const { stdout } = await run('bash', ['-c', script]);
  const printed = stdout.split(separator).slice(0, -1);
  return printed.map((text) => text.trim().replace(/\s+/g, ' '));
}

describe('npm run dev', () => {
  it('starts the gate with valid settings', () => {
    expect(readConfig(environment)).toMatchObject({ ok: true });
  });

  it('prints commands of one line, with no other line that a shell would run', () => {
    const steps = guide(LOCAL);
    for (const { title, sentence } of steps) {
      expect(`${title}: ${sentence}`).toMatch(/: [A-Z][^\n]{20,}\.$/);
    }
    for (const command of steps.flatMap(({ commands }) => commands)) {
      expect(command).toMatch(/^(?:[A-Z]+=\$|curl )/); // so that a script can take the commands out of the text
      expect(command).not.toMatch(/\n|^\s|!|#/);
      expect(command).not.toMatch(/(?:^|\s)[^'"\s]*\?/); // a bare "?" is a pattern to zsh
    }
    const text = guideText(steps);
    const commands = steps.flatMap((step) => step.commands);
    expect(text).not.toMatch(/^#/m);
    expect(text.match(/^ *(?:[A-Z]+=\$|curl ).*/gm)).toEqual(commands);
  });

  it.skipIf(!hasCurl())(
    'prints commands that show the described result: each is pasted, from sign-in to sign-out',
    async () => {
      const steps = guide(addresses);
      const printed = await paste(steps.flatMap(({ commands }) => commands));
      const of = steps.map(({ commands }) => printed.splice(0, commands.length));
      const [signIn, whoami, pages, jwt, keycard, again, off, on, lists, others, signOut] = of;
      expect(signIn?.[1]).toMatch(/ory_st_/);
      expect(whoami?.[0]).toMatch(/^HTTP\/1.1 200.*cache-status: postern; fwd=miss/i);
      expect(whoami?.[1]).toMatch(/^HTTP\/1.1 200.*cache-status: postern; hit.*detail=memory/i);
      expect(pages?.[0]).toMatch(/^HTTP\/1.1 401/);
      expect(pages?.[1]).toMatch(/^HTTP\/1.1 302.*location: .*return_to=/i);
      expect(pages?.[2]).toMatch(/x-user-email","demo@example.com/);
      expect(pages?.[2]).not.toContain('forged');
      expect(jwt?.[0]).toMatch(/^eyJ/);
      expect(jwt?.[2]).toMatch(/^HTTP\/1.1 200.*detail=signature/);
      expect(jwt?.[3]).toMatch(/x-user-email","demo@example.com/);
      expect(jwt?.[4]).toMatch(/^\{"counts":\{(?:"GET \/tokenizer\/jwks.json":1)?\}\}/);
      expect(keycard?.[1]).toMatch(/^HTTP\/1.1 200.*"session_type":"application"/);
      expect(again?.[1]).toMatch(/ory_st_/);
      expect(again?.[2]).toMatch(/^HTTP\/1.1 200.*cache-status: postern; fwd=stale; ttl=/i);
      expect(off?.[1]).toMatch(/^HTTP\/1.1 401/); // Kratos itself
      expect(off?.[2]).toMatch(/^HTTP\/1.1 200.*cache-status: postern; (?:hit|fwd=stale)/i);
      expect(off?.[3]).toMatch(/^HTTP\/1.1 503.*retry-after: .*session could not be checked/i);
      expect(off?.[4]).toMatch(/x-user-email","demo@example.com/);
      expect(on?.[1]).toMatch(/^HTTP\/1.1 200.*cache-status: postern; fwd=miss/i);
      expect(JSON.parse(lists?.[0] ?? '')).toHaveLength(1);
      expect(JSON.parse(lists?.[1] ?? '')).toHaveLength(2);
      expect(others?.[0]).toMatch(/^HTTP\/1.1 200.*"count":1/);
      expect(others?.[1]).toMatch(/^HTTP\/1.1 401/);
      expect(signOut?.[0]).toMatch(/^HTTP\/1.1 204/);
      expect(signOut?.[1]).toMatch(/^HTTP\/1.1 401/);
      expect(signOut?.[2]).toMatch(/^HTTP\/1.1 401.*token_revoked/);
    },
  );

  it('names pages with the described content', async () => {
    const identity = {
      metadataPublic: { roles: ['admin'] },
      traits: { email: 'demo@example.com' },
    };
    const { cookie } = await gate.kratos.createSession(identity);
    const statusOf = async (path: string, headers = {}) =>
      (await fetch(`${addresses.gate}${path}`, { headers, redirect: 'manual' })).status;
    const seen: Record<string, number[]> = {};
    for (const [path = ''] of PAGES.matchAll(/\/[\w./-]+\w/g))
      seen[path] = [await statusOf(path), await statusOf(path, { cookie })];
    expect(seen).toEqual({
      '/members': [401, 403],
      '/vault': [401, 403],
      '/public/about': [200, 200],
      '/.postern/sessions': [401, 200],
      '/.postern/sign-out': [200, 200],
    });
  });

  it('lets mia into /vault with the code that the page names', async () => {
    const mia = new Visitor(addresses);
    await mia.open('/vault');
    expect(mia.path).toBe('/ui/login');
    await mia.signIn('mia@example.com');
    const [, code = ''] = /accepts the code (\d+)/.exec(mia.page) ?? [];
    await mia.submit({ totp_code: code });
    expect([await mia.open('/vault'), mia.path]).toEqual([200, '/vault']);
  });

  it('tells demo at /vault that the account has no second factor, and how to come in', async () => {
    const demo = new Visitor(addresses);
    await demo.open('/vault');
    await demo.signIn('demo@example.com');
    expect(demo.path).toBe('/ui/login');
    expect(demo.page).not.toContain('accepts the code');
    expect(demo.page).toMatch(/demo@example.com has no second factor.*mia@example.com/s);
    const [, wayOut = ''] = /href="([^"]+)">Sign out/.exec(demo.page) ?? [];
    await demo.open(wayOut);
    expect(demo.path).toBe('/.postern/sign-out');
    await demo.submit({});
    await demo.open('/vault');
    expect(demo.path).toBe('/ui/login');
    await demo.signIn('mia@example.com');
    expect(demo.page).toContain('accepts the code');
  });
});

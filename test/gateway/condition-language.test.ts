import { afterEach, expect, it } from 'vitest';
import { readBuiltModules } from '../support/built-gate.ts';
import type { StartGateOptions } from '../support/gate-options.ts';
import { get } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const LANGUAGE = 'condition-language.js';
const OPEN = { path: '/open/*', session: 'none' };
const CONDITIONAL = {
  path: '/members/*',
  session: 'required',
  allow: '"member" in session.identity.metadata_public.roles',
};
const EVALUATED = 'the condition language is evaluated';

let gate: RunningGate;
afterEach(() => gate.dispose());

async function start(options: StartGateOptions): Promise<void> {
  gate = await startGate(options);
}

/** The built modules, with a test's text at the beginning of the condition language. */
function beginningWith(text: string): Readonly<Record<string, string>> {
  const modules = readBuiltModules();
  return { ...modules, [LANGUAGE]: `${text}\n${modules[LANGUAGE]}` };
}

function withoutLanguage(): Readonly<Record<string, string>> {
  const { [LANGUAGE]: _, ...others } = readBuiltModules();
  return others;
}

async function statusesOf(paths: readonly string[], cookie: string): Promise<number[]> {
  const answers = paths.map((path) => get(gate.port, path, { Cookie: cookie }));
  return (await Promise.all(answers)).map(({ status }) => status);
}

async function bugs(): Promise<string[]> {
  return (await gate.logs()).filter((line) => line.includes('"event":"bug"'));
}

it('a gate without a condition serves without the condition language', async () => {
  await start({
    gateModules: withoutLanguage(),
    vars: { RULES: [OPEN, { path: '/allow', session: 'required' }] },
  });
  const { cookie } = await gate.kratos.createSession();
  const paths = ['/open/x', '/allow', '/sessions/whoami', '/.postern/health/ready'];
  expect(await statusesOf(paths, cookie)).toEqual([200, 200, 200, 200]);
});

it('a gate without a condition does not evaluate the condition language', async () => {
  const gateModules = beginningWith(`console.log('${EVALUATED}');`);
  await start({ gateModules, vars: { RULES: [OPEN, { path: '/allow', session: 'required' }] } });
  const { cookie } = await gate.kratos.createSession();
  expect(await statusesOf(['/open/x', '/allow', '/other'], cookie)).toEqual([200, 200, 200]);
  expect((await gate.logs()).join('\n')).not.toContain(EVALUATED);
});

it.each([
  ['a table', [OPEN, CONDITIONAL]],
  ['the text of a secret', JSON.stringify([OPEN, CONDITIONAL])],
])(
  'concurrent first requests evaluate the condition language once (RULES as %s)',
  async (_, RULES) => {
    await start({ gateModules: beginningWith(`console.log('${EVALUATED}');`), vars: { RULES } });
    const member = await gate.kratos.createSession({
      traits: { email: 'member@example.com' },
      metadataPublic: { roles: ['member'] },
    });
    const guest = await gate.kratos.createSession({
      traits: { email: 'guest@example.com' },
      metadataPublic: { roles: [] },
    });
    const [members, guests] = await Promise.all(
      [member, guest].map(({ cookie }) =>
        statusesOf(
          Array.from({ length: 20 }, () => '/members/x'),
          cookie,
        ),
      ),
    );
    expect([new Set(members), new Set(guests)]).toEqual([new Set([200]), new Set([403])]);
    expect((await gate.logs()).filter((line) => line.includes(EVALUATED))).toHaveLength(1);
  },
);

it.each([
  ['is missing', withoutLanguage(), /No such module/],
  ['fails to start', beginningWith(`throw new Error('cannot start');`), /cannot start/],
])(
  'a gate with a condition answers no request when the condition language %s',
  async (_, gateModules, cause) => {
    await start({ gateModules, vars: { RULES: [OPEN, CONDITIONAL] } });
    const { cookie } = await gate.kratos.createSession();
    const paths = ['/members/x', '/open/x', '/other', '/sessions/whoami', '/.postern/health/ready'];
    expect(await statusesOf(paths, cookie)).toEqual([503, 503, 503, 503, 503]);
    const answer = await get(gate.port, '/members/x', { Cookie: cookie });
    expect(JSON.parse(answer.text)).toMatchObject({ error: { id: 'internal_error' } });
    expect((await gate.origin.calls()).counts).toEqual({});
    // Each request tries again, and says so.
    const logged = await bugs();
    expect(logged).toHaveLength(paths.length + 1);
    for (const line of logged) expect(line).toMatch(cause);
    expect(logged[0]).toContain('Deploy condition-language.js beside worker.js');
  },
);

it('a wrong rule beside a condition is named, and is not logged as a bug', async () => {
  await start({
    gateModules: withoutLanguage(),
    vars: { RULES: [OPEN, CONDITIONAL, 'no rule', { ...OPEN, allow: 1 }] },
  });
  expect((await get(gate.port, '/open/x')).status).toBe(503);
  await gate.dispose();
  await start({ vars: { RULES: [OPEN, CONDITIONAL, 'no rule', { ...OPEN, allow: 1 }] } });
  const answer = await get(gate.port, '/open/x');
  expect([answer.status, JSON.parse(answer.text).error.id]).toEqual([500, 'configuration_invalid']);
  expect(await bugs()).toEqual([]);
  const text = (await gate.logs()).join('\n');
  for (const name of ['RULES.2', 'RULES.3.allow']) expect(text).toContain(`${name}: expected`);
});

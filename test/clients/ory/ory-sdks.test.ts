import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { readComplaints } from '../../support/decision-lines.ts';
import { gateForAllTests } from '../../support/for-all-tests.ts';
import { type ComparableStep, comparableSteps } from './comparable.ts';
import { openPythonSdk, PYTHON } from './python-sdk.ts';
import { SDKS, type Sdk, type Target } from './sdk.ts';
import { type People, visit } from './visit.ts';
import type { Account } from './visitor.ts';

const ADMIN_SECRET = 'a-secret-of-the-tests-0123456789abcdef';
const PASSWORD = 'a-Password-of-the-tests-7';
const VISIT_TIMEOUT_MS = 180_000;

/** Methods of `FrontendApi` that are not called, with the reason. */
const LEFT_OUT = new Map([
  ['createFedcmFlow', 'is not in the open-source Kratos'],
  ['updateFedcmFlow', 'is not in the open-source Kratos'],
  ['deleteTestLoginFlow', 'ends a test that only an administrator can begin'],
  ['getWellKnownChangePassword', 'is a redirect, which an SDK follows to a page'],
]);

const gate = await gateForAllTests({
  vars: ({ gate, kratos }) => ({
    PUBLIC_URL: gate,
    SELF_SERVICE: true,
    KRATOS_ADMIN_URL: kratos,
    ADMIN_SECRETS: [ADMIN_SECRET],
  }),
});
// Kratos names itself by its configured URL, however it is reached.
const KRATOS = 'https://kratos.example.test';
await gate.kratos.control({ publicUrl: KRATOS });
const direct: Target = {
  publicUrl: gate.kratos.url,
  adminUrl: gate.kratos.url,
  adminSecret: ADMIN_SECRET,
};
const through: Target = { publicUrl: gate.url, adminUrl: gate.url, adminSecret: ADMIN_SECRET };

/** An account with a password, which it sets by a settings flow. */
async function createAccount(): Promise<Account> {
  const identityId = randomUUID();
  const email = `${identityId.slice(0, 8)}@example.com`;
  const { token } = await gate.kratos.createSession({ identityId, traits: { email } });
  const headers = { 'X-Session-Token': token, 'Content-Type': 'application/json' };
  const begun = await fetch(`${gate.kratos.url}/self-service/settings/api`, { headers });
  const { id } = (await begun.json()) as { id: string }; // a settings flow
  const saved = await fetch(`${gate.kratos.url}/self-service/settings?flow=${id}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ method: 'password', password: PASSWORD }),
  });
  expect(saved.status).toBe(200);
  return { identityId, email, password: PASSWORD };
}

/** Codes as a sign-in in a browser leaves them for its app. */
async function createCodes({ identityId }: Account): Promise<People['codes']> {
  const { id } = await gate.kratos.createSession({ identityId });
  const url = `${gate.kratos.url}/.standin/sessions/${id}/exchange-codes`;
  const codes = await (await fetch(url, { method: 'POST' })).json();
  const { init_code, return_to_code } = codes as Record<string, string>; // as the stand-in writes them
  return { initCode: init_code ?? '', returnToCode: return_to_code ?? '' };
}

async function createPeople(): Promise<People> {
  const [plain, strong] = [await createAccount(), await createAccount()];
  await gate.kratos.changeIdentity(strong.identityId, { totp: true });
  return {
    plain,
    strong: { ...strong, code: () => '000000' },
    newEmail: `${randomUUID().slice(0, 8)}@example.com`,
    codes: await createCodes(plain),
  };
}

async function expectSameVisits(open: (target: Target) => Sdk) {
  const visitAt = async (target: Target, hosts: readonly string[]) => {
    const people = await createPeople();
    const sdk = open(target);
    const steps = await visit(sdk, people).finally(() => sdk.close());
    return comparableSteps(steps, people, hosts);
  };
  const [expected, got] = [
    await visitAt(direct, [KRATOS, gate.kratos.url]),
    await visitAt(through, [gate.url]),
  ];
  expect(got).toEqual(expected);
  expect(await readComplaints(gate)).toEqual([]);
  return expected;
}

const methodsOf = (steps: readonly ComparableStep[]) => new Set(steps.map(({ method }) => method));

it.each(SDKS)(
  '$name gets Kratos’s answers from the gate, by every method',
  async ({ open, frontendMethods }) => {
    const steps = await expectSameVisits(open);
    const called = methodsOf(steps);
    expect(frontendMethods.filter((name) => !called.has(name) && !LEFT_OUT.has(name))).toEqual([]);
    const succeeded = methodsOf(steps.filter(({ status }) => status >= 200 && status < 300));
    const refused = [...called].filter((name) => !succeeded.has(name));
    expect(refused).toEqual([]);
  },
  VISIT_TIMEOUT_MS,
);

it.skipIf(PYTHON === undefined)(
  PYTHON === undefined
    ? 'skipped: no Python with ory-client (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'ory-client for Python gets from the gate what it gets from Kratos, by every method',
  async () => {
    await expectSameVisits((target) => openPythonSdk(PYTHON ?? '', target));
  },
  VISIT_TIMEOUT_MS,
);

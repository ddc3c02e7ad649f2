import { expect, test } from 'vitest';
import { SimulatedTime } from '../../bench/simulate/simulated-time.ts';
import { nameCredential } from '../../src/credentials/credential-name.ts';
import { readKratosSession } from '../../src/providers/kratos/kratos-session.ts';
import { type SharedSession, seal, unseal } from '../../src/sessions/sealing.ts';

const ISSUER = 'https://auth.example.test/';

const TOKEN = 'ory_st_0123456789abcdefghijABCDEFGHIJ';
const CREDENTIAL = {
  kind: 'kratos',
  carrier: { kind: 'session-token-header' },
  value: TOKEN,
} as const;

test('digests equal those of the platform’s cryptography', async () => {
  const real = await nameCredential(CREDENTIAL, 'https://auth.example.com');
  const simulated = await whileSimulated(() =>
    nameCredential(CREDENTIAL, 'https://auth.example.com'),
  );
  expect(simulated).toBe(real);
});

test('each cryptography opens values that the other sealed', async () => {
  const shared = sharedSession();
  const name = 'v1s:name';
  const sealedReally = await seal(shared, name, TOKEN);
  expect(await whileSimulated(() => unseal(sealedReally, name, TOKEN, ISSUER))).toEqual(shared);
  const sealedInSimulation = await whileSimulated(() => seal(shared, name, TOKEN));
  expect(await unseal(sealedInSimulation, name, TOKEN, ISSUER)).toEqual(shared);
});

test('a modified value does not open in simulation either', async () => {
  const sealed = await seal(sharedSession(), 'v1s:name', TOKEN);
  sealed[40] = (sealed[40] ?? 0) ^ 1;
  expect(await whileSimulated(() => unseal(sealed, 'v1s:name', TOKEN, ISSUER))).toBeUndefined();
});

async function whileSimulated<Value>(work: () => Promise<Value>): Promise<Value> {
  const time = new SimulatedTime(0);
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  time.after(0, () => work().then(resolve, reject));
  await time.run();
  return promise;
}

function sharedSession(): SharedSession {
  const body = JSON.stringify({
    id: '3f1c9a52-64a1-4a5b-9b1e-0c9d6c1f2a10',
    active: true,
    expires_at: '2036-01-01T00:00:00Z',
    identity: { id: 'b8f5a3de-31c0-4bb4-8f4d-7c2d0f0e9a77', traits: { name: 'Zoë' } },
  });
  const read = readKratosSession(body, ISSUER);
  if (read.kind !== 'active') throw new Error('the document is a session');
  const times = { checkedAt: 5, logPosition: 7, cacheForSeconds: undefined };
  return {
    checked: { session: read.session, body, ...times },
    knownSince: 3,
    kvWrittenAt: 4,
  };
}

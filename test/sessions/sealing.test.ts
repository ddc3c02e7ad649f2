import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeText } from '../../src/session/compact-text.ts';
import { seal, unseal } from '../../src/sessions/sealing.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { checkedSession, STORE_ISSUER as ISSUER, plainShared, shared } from './checked-sessions.ts';

const NAME = `v1s:${'a'.repeat(43)}`;
const TOKEN = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';
const EMAIL = 'demo@example.com';
const checked = checkedSession({
  checkedAt: 1_700_000_000_123,
  cacheForSeconds: 77,
  members: { traits: { email: EMAIL, name: 'Zoë 🙂' } },
});

describe('seal()', () => {
  it('is reversed by unseal() with the same name and credential', async () => {
    const opened = await unseal(await seal(shared(checked), NAME, TOKEN), NAME, TOKEN, ISSUER);
    expect(plainShared(opened)).toEqual(shared(checked));
  });

  it('keeps missing values missing', async () => {
    const silent = checkedSession({ checkedAt: 5 });
    const opened = await unseal(await seal(shared(silent), NAME, TOKEN), NAME, TOKEN, ISSUER);
    expect(opened?.checked.cacheForSeconds).toBeUndefined();
  });

  it('reveals no part of the session, and never repeats the same bytes', async () => {
    const [one, two] = [
      await seal(shared(checked), NAME, TOKEN),
      await seal(shared(checked), NAME, TOKEN),
    ];
    const text = Buffer.from(one).toString('latin1');
    for (const secret of [EMAIL, 'session-1', 'identity-1', TOKEN, '1700000000123'])
      expect(text).not.toContain(secret);
    expect(Buffer.from(one).equals(two)).toBe(false);
    expect(Buffer.from(one.subarray(1, 13)).equals(two.subarray(1, 13))).toBe(false);
  });
});

describe('unseal()', () => {
  it('opens no value under another name or with another credential', async () => {
    const sealed = await seal(shared(checked), NAME, TOKEN);
    expect(await unseal(sealed, `v1s:${'b'.repeat(43)}`, TOKEN, ISSUER)).toBeUndefined();
    expect(await unseal(sealed, NAME, `${TOKEN}x`, ISSUER)).toBeUndefined();
  });

  it('opens no value with one changed bit, at any position', async () => {
    const sealed = await seal(shared(checkedSession()), NAME, TOKEN);
    for (let index = 0; index < sealed.length; index += 1) {
      const tampered = new Uint8Array(sealed);
      tampered[index] = (sealed[index] ?? 0) ^ (1 << (index % 8));
      expect(await unseal(tampered, NAME, TOKEN, ISSUER), `byte ${index}`).toBeUndefined();
    }
  });

  it('opens no shortened or extended value', async () => {
    const sealed = await seal(shared(checkedSession()), NAME, TOKEN);
    for (const length of [0, 1, 12, 13, 14, 28, 29, sealed.length - 16, sealed.length - 1]) {
      expect(
        await unseal(sealed.slice(0, length), NAME, TOKEN, ISSUER),
        `${length}`,
      ).toBeUndefined();
    }
    expect(await unseal(new Uint8Array([...sealed, 0]), NAME, TOKEN, ISSUER)).toBeUndefined();
  });

  it('opens no value of another version', async () => {
    const sealed = await seal(shared(checkedSession()), NAME, TOKEN);
    for (const version of [0, 1, 3, 0x7b, 255]) {
      const foreign = new Uint8Array(sealed);
      foreign[0] = version;
      expect(await unseal(foreign, NAME, TOKEN, ISSUER)).toBeUndefined();
    }
  });

  it('opens no value that was never sealed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const asOurs = new Uint8Array([1, ...bytes]);
        expect(await unseal(new Uint8Array(bytes), NAME, TOKEN, ISSUER)).toBeUndefined();
        expect(await unseal(asOurs, NAME, TOKEN, ISSUER)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('C14: opens no hostile JSON text as a session, even if it is correctly sealed', async () => {
    for (const { name, bytes } of JSON_TEXTS) {
      const body = Buffer.from(bytes).toString('latin1');
      const sealed = await seal(shared({ ...checked, body }), NAME, TOKEN);
      expect(await unseal(sealed, NAME, TOKEN, ISSUER), name).toBeUndefined();
    }
  });

  it('opens no session whose document is no longer active', async () => {
    const body = wholeText(checked.body).replace('"active":true', '"active":false');
    const sealed = await seal(shared({ ...checked, body }), NAME, TOKEN);
    expect(await unseal(sealed, NAME, TOKEN, ISSUER)).toBeUndefined();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Carrier, Credential } from '../../src/credentials/credential.ts';
import { lengthPrefixed, nameCredential } from '../../src/credentials/credential-name.ts';

const STORE = 'https://kratos.example.test';
const VALUE = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';
const NAME = /^v[0-9]+[a-z]:[A-Za-z0-9_-]{43}$/;

const byToken: Credential = { carrier: { kind: 'session-token-header' }, value: VALUE };
const withCarrier = (carrier: Carrier): Credential => ({ carrier, value: VALUE });

describe('nameCredential()', () => {
  it('gives each credential at each store one name', async () => {
    expect(await nameCredential(byToken, STORE)).toBe(await nameCredential({ ...byToken }, STORE));
    expect(await nameCredential(byToken, STORE)).toMatch(NAME);
  });

  it('C2: gives another name for another store, transport, cookie name or byte', async () => {
    const names = await Promise.all([
      nameCredential(byToken, STORE),
      nameCredential(byToken, `${STORE}/`),
      nameCredential(withCarrier({ kind: 'bearer' }), STORE),
      nameCredential(withCarrier({ kind: 'cookie', cookieName: 'a' }), STORE),
      nameCredential(withCarrier({ kind: 'cookie', cookieName: 'b' }), STORE),
      nameCredential({ ...byToken, value: `${VALUE}=` }, STORE),
      nameCredential({ ...byToken, value: `${VALUE}%3D` }, STORE),
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('C3: gives different credentials different names', async () => {
    const carriers = fc.oneof(
      fc.constantFrom<Carrier>({ kind: 'session-token-header' }, { kind: 'bearer' }),
      fc.constantFrom('a', 'b', '0:', '1:a').map((cookieName): Carrier => {
        return { kind: 'cookie', cookieName };
      }),
    );
    const tuple = fc.tuple(carriers, hardText(), hardText());
    await fc.assert(
      fc.asyncProperty(tuple, tuple, async (one, two) => {
        const [nameOne, nameTwo] = await Promise.all([one, two].map(nameOf));
        expect(nameOne === nameTwo).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
      { numRuns: 500 },
    );
  });
});

// The name is of well-formed text: what is not (lone surrogates) has no UTF-8 and never gets past the reader
// of credentials, which admits visible ASCII.
describe('lengthPrefixed()', () => {
  it('C3: gives different bytes to different lists of parts', () => {
    const parts = fc.array(hardText(), { maxLength: 5 });
    fc.assert(
      fc.property(parts, parts, (one, two) => {
        const isSame = Buffer.from(lengthPrefixed(one)).equals(lengthPrefixed(two));
        expect(isSame).toBe(JSON.stringify(one) === JSON.stringify(two));
      }),
      { numRuns: 5000 },
    );
  });

  it('C3: keeps lists apart whose parts differ only by a moved boundary, with any separator', () => {
    fc.assert(
      fc.property(hardText(), hardText(), fc.nat(40), (left, right, shift) => {
        const joined = left + right;
        const border = shift % (joined.length + 1);
        const shifted = [joined.slice(0, border), joined.slice(border)];
        fc.pre(border !== left.length && shifted.every((part) => part.isWellFormed()));
        expect(lengthPrefixed(shifted)).not.toEqual(lengthPrefixed([left, right]));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [
      ['a:b', 'c'],
      ['a', 'b:c'],
    ],
    [['1:a'], ['1', 'a']],
    [['', ''], ['']],
    [
      ['a\0', 'b'],
      ['a', '\0b'],
    ],
    [['0:0:'], ['', '', '']],
  ])('C3: distinguishes %j from %j', (one, two) => {
    expect(lengthPrefixed(one)).not.toEqual(lengthPrefixed(two));
  });
});

/** Text made of what joins, separates and counts. */
function hardText() {
  const pieces = fc.constantFrom(':', '0', '1', '2', '10:', '\0', ',', 'a', 'é', '🙂', '');
  return fc.array(pieces, { maxLength: 6 }).map((list) => list.join(''));
}

function nameOf([carrier, value, store]: readonly [Carrier, string, string]): Promise<string> {
  return nameCredential({ carrier, value }, store);
}

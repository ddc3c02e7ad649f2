/** Many kinds of token, each given to Keycard's own verifier and to the built gate. */
import { readFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ALGORITHMS } from '../../../src/tokens/algorithms.ts';
import { forAllTests } from '../../support/for-all-tests.ts';
import { inRepository } from '../../support/repository.ts';
import { startGate } from '../../support/start-gate.ts';
import { openKeycardVerifier, VERIFIER_PYTHON } from './keycard-verifier.ts';
import { TOKEN_KINDS } from './kinds/all-kinds.ts';
import { AUDIENCE, type Mint } from './kinds/kind.ts';
import { STRICTER } from './kinds/stricter.ts';
import { ALL_KEYS, startSigningZone } from './signing-zone.ts';
import { askGate, differences } from './token-verdicts.ts';

const WHOLE_TABLE_MS = 180_000;
const OTHER_NAME = 'postern';
const python = VERIFIER_PYTHON;

it('the page lists each rule by which Postern is stricter, and no other', async () => {
  const page = await readFile(inRepository('docs/tokens.md'), 'utf8');
  const [, section = ''] = page.split('\n### Stricter than Keycard’s verifier\n');
  const [list = ''] = section.split(/\n#/);
  const items = list.split('\n').filter((line) => line.startsWith('- '));
  const sentences = Object.values(STRICTER).map(({ sentence }) => `- ${sentence}`);
  expect(items.toSorted()).toEqual(sentences.toSorted());
});

it('each rule has a kind of token that shows it', () => {
  const shown = new Set(TOKEN_KINDS.map(({ stricter }) => stricter));
  expect(Object.keys(STRICTER).filter((rule) => !shown.has(rule as keyof typeof STRICTER))).toEqual(
    [],
  ); // its own keys
});

describe.skipIf(python === undefined)(
  python === undefined
    ? 'skipped: no Python with keycardai-oauth (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'Keycard’s verifier and Postern',
  async () => {
    if (python === undefined) return;
    const zone = await forAllTests(startSigningZone(ALL_KEYS));
    const second = await forAllTests(startSigningZone(['usual', 'rsa-without-alg']));
    const gate = await forAllTests(
      startGate({
        vars: {
          ISSUERS: [zone, second].map(({ issuer }) => ({
            issuer,
            preset: 'keycard',
            audience: [AUDIENCE, OTHER_NAME],
            algorithms: algorithmsOf(issuer),
            discovery: true,
          })),
        },
      }),
    );
    const open = (audiences: readonly string[]) => {
      const zones = [zone, second].map(({ issuer }) => ({
        issuer,
        algorithms: algorithmsOf(issuer),
      }));
      const verifier = openKeycardVerifier(python, { zones, audiences });
      afterAll(() => verifier[Symbol.asyncDispose]());
      return verifier;
    };

    function algorithmsOf(issuer: string): readonly string[] {
      return issuer === zone.issuer ? ALGORITHMS : ['RS256'];
    }

    const mint = (): Mint => ({ zone, second, now: Math.floor(Date.now() / 1000) });

    it(
      `agree on ${TOKEN_KINDS.length} kinds of token: Postern accepts none that Keycard refuses`,
      async () => {
        // The URL of a host has two spellings, and both are one audience to Postern (RFC 3986 section 6.2.3).
        const verifier = open([AUDIENCE, `${AUDIENCE}/`, OTHER_NAME]);
        const found: Record<string, readonly string[]> = {};
        let accepted = 0;
        for (const kind of TOKEN_KINDS) {
          const token = kind.make(mint());
          const theirs = await verifier.verify(token);
          const ours = await askGate(gate.port, token);
          const wrong = differences(kind, { ours, theirs });
          if (wrong.length > 0) found[kind.name] = wrong;
          if (ours.session !== undefined) accepted += 1;
        }
        expect(found).toEqual({});
        expect(accepted).toBeGreaterThan(40); // so that agreeing does not mean refusing everything
      },
      WHOLE_TABLE_MS,
    );

    it('control: a verifier for another audience shows in the comparison', async () => {
      const elsewhere = open(['https://elsewhere.example']);
      const [usual] = TOKEN_KINDS;
      const token = usual?.make(mint()) ?? '';
      const ours = await askGate(gate.port, token);
      const theirs = await elsewhere.verify(token);
      expect(differences({}, { ours, theirs })).toEqual([
        expect.stringContaining(
          'accepts what Keycard refuses: InvalidTokenError: Invalid audience',
        ),
      ]);
    });

    it('control: a conclusion about another token shows in the comparison', async () => {
      const verifier = open([AUDIENCE]);
      const at = mint();
      const byName = (name: string) => TOKEN_KINDS.find((kind) => kind.name === name)?.make(at);
      const ours = await askGate(gate.port, byName('usual') ?? '');
      const theirs = await verifier.verify(byName('an application') ?? '');
      expect(differences({}, { ours, theirs }).map((text) => text.split(' ')[0])).toEqual([
        'subject',
        'principal',
        'sub_profile',
      ]);
    });
  },
);

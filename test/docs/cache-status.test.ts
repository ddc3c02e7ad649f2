import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ConfirmedAnswer } from '../../src/sessions/confirmed-answer.ts';
import { cacheStatusOf } from '../../src/sessions/provenance-headers.ts';
import type { Provenance, Resolution } from '../../src/sessions/resolution.ts';
import {
  fromTier,
  notCached,
  refusalFromMemory,
  toResolution,
  unknown,
} from '../../src/sessions/to-resolution.ts';
import { inRepository } from '../support/repository.ts';
import { readPage } from './pages.ts';

type Place = Parameters<typeof fromTier>[1]['tier'];
type Reason = NonNullable<Provenance['forwarded']>;

// Records, so that a member that the source adds or drops does not compile here.
const PLACES = Object.keys({ memory: 1, location: 1, kv: 1 } satisfies Record<Place, 1>) as Place[];
const REASONS = Object.keys({
  miss: 1,
  stale: 1,
  request: 1,
  bypass: 1,
} satisfies Record<Reason, 1>) as Reason[];
const TIERS = { memory: 1, location: 1, kv: 1, store: 1, signature: 1, none: 1 } satisfies Record<
  Provenance['tier'],
  1
>;

const PAGE = 'docs/answers.md';
const NOW = 1_000_000;
const SESSION = { id: 's', expiresAt: NOW + 1e6, identity: { id: 'i' } } as unknown as Extract<
  ConfirmedAnswer,
  { kind: 'session' }
>['session']; // the members that a resolution reads

/** Returns the answers that the source can make, for each place, reason and fault. */
function resolutions(): Resolution[] {
  const checked = { session: SESSION, body: '', logPosition: 0, cacheForSeconds: undefined };
  const good = { kind: 'session', session: SESSION, body: '', setCookies: [] };
  const ready = {
    arrived: { at: NOW, questions: 0 },
    finding: { readiness: 'ready', question: 1 },
  };
  const refused = { kind: 'no-session', body: '', ...ready };
  const answers = [good, refused, { kind: 'insufficient', body: '' }];
  const cached = PLACES.flatMap((tier) =>
    [NOW, NOW - 40_000].flatMap((checkedAt) =>
      [undefined, 'store-503'].map((fault) =>
        fromTier({ ...checked, checkedAt } as Parameters<typeof fromTier>[0], {
          tier,
          now: NOW,
          ttlSeconds: Math.floor((checkedAt + 30_000 - NOW) / 1000),
          ...(fault !== undefined && { fault }),
        }),
      ),
    ),
  );
  const asked = REASONS.flatMap((forwarded) =>
    answers.flatMap((answer) =>
      // A request that bypasses the cache shares no call, and its answer is not kept.
      (forwarded === 'bypass' ? [false] : [false, true]).map((joined) =>
        toResolution(answer as unknown as ConfirmedAnswer, {
          startedAt: NOW,
          logPosition: 0 as unknown as Parameters<typeof toResolution>[1]['logPosition'],
          now: NOW,
          forwarded,
          joined,
          ...(forwarded !== 'bypass' && { ttlOf: () => 30 }),
        }),
      ),
    ),
  );
  const refusal = { body: '', checkedAt: NOW, ...ready } as unknown as Parameters<
    typeof refusalFromMemory
  >[0];
  return [
    ...cached,
    ...asked,
    refusalFromMemory(refusal, NOW),
    notCached(),
    ...REASONS.map((forwarded) => unknown('store-503', undefined, forwarded)),
  ];
}

/** A value with its numbers and words as the page's placeholders. */
function formOf(value: string): string {
  return value
    .replace(/^postern; /, '')
    .replace(/ttl=-?\d+/, 'ttl=N')
    .replace(/detail=store-503$/, 'detail=FAULT')
    .replace(new RegExp(`^(hit; ttl=N; detail=)(?:${PLACES.join('|')})$`), '$1PLACE')
    .replace(new RegExp(`fwd=(?:${REASONS.join('|')})(?!; ttl=N; detail=FAULT)`), 'fwd=REASON');
}

/** The texts in backticks of the first column of the table below a heading. */
function firstColumn(heading: string, page = PAGE): string[] {
  const [, section = ''] = readPage(page).text.split(`\n## ${heading}\n`);
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| `([^`|]+)` \|/gm)].map(([, text = '']) => text);
}

/** Rooms whose faults come into `detail`. */
const ROOMS = ['src/sessions', 'src/tokens', 'src/sign-in', 'src/providers/kratos'];
const NAMES_A_FAULT = /outage|unusable|unknown\(|detail|fault|LOG_UNREADABLE =|failed\(/i;
const CODE =
  /(['`])((?:store|keys|metadata|refusal|revocation|revoked|refresh)-[a-z0-9${}.-]+|metadata|timeout)\1/gi;

/** The codes of faults that the source can write into `detail`. A variable part is `…`, and a status `N`. */
function faultsInSource(): string[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(inRepository(room)).map((name) => `${room}/${name}`),
  );
  const lines = files.flatMap((file) => readFileSync(inRepository(file), 'utf8').split('\n'));
  const codes = lines
    .filter((line) => NAMES_A_FAULT.test(line) && !line.includes('event: '))
    .flatMap((line) => [...line.matchAll(CODE)].map(([, , name = '']) => name))
    .map((name) => name.replace(/\$\{status\}/, 'N').replace(/\$\{[^}]+\}/, '…'));
  return [...new Set(codes)];
}

/** Whether a code is one of the page's, where `…` is for any text and `N` for a number. */
function isListed(code: string, listed: readonly string[]): boolean {
  return listed.some((pattern) => {
    const text = pattern.replace('…', '.+').replace(/\bN\b/, '(?:N|\\d+)');
    return new RegExp(`^${text}$`).test(code);
  });
}

describe(PAGE, () => {
  it('has every form of Cache-Status that the source can make, and no other, as the README', () => {
    const made = resolutions().map(({ provenance }) => cacheStatusOf(provenance));
    const tokens = ['hit; ttl=N; detail=signature'];
    const forms = new Set(made.flatMap((value) => (value === undefined ? [] : [formOf(value)])));
    const expected = [...forms, ...tokens].sort();
    expect(firstColumn('Cache-Status').sort()).toEqual(expected);
    expect(firstColumn('Where an answer came from', 'README.md').sort()).toEqual(expected);
  });

  it('has every place, reason and fault', () => {
    const words = firstColumn('The words of Cache-Status');
    expect(words.filter((word) => word in TIERS)).toEqual(
      Object.keys(TIERS).filter((tier) => tier !== 'none'),
    );
    expect(words.filter((word) => REASONS.some((reason) => reason === word))).toEqual(REASONS);
  });

  it('has every fault', () => {
    const faults = faultsInSource();
    const listed = firstColumn('Faults');
    expect(faults.length).toBeGreaterThan(12);
    expect(faults.filter((code) => !isListed(code, listed))).toEqual([]);
    expect(listed.filter((code) => !faults.some((fault) => isListed(fault, [code])))).toEqual([]);
  });
});

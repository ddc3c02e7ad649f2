import { describe, expect, it } from 'vitest';
import { KnownMarks } from '../../src/revocation/known-marks.ts';
import { RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

const NOW = 1_700_000_000_000;
const ISSUER = 'https://zone-1.example.test';
const OPTIONS = { cursor: 0, checkLifeMs: 420_000, tokenLifeMs: 3_600_000, maxMarks: 100 };

describe("a flood of marks on one person's sessions at an issuer", () => {
  it('is compacted into that person at that issuer, and denies only that person', () => {
    const log = new RevocationTable(sqliteStorage(), () => NOW);
    for (let index = 0; index < 500; index += 1) {
      const session = { sessionId: `s${index}`, identityId: 'flooder', issuer: ISSUER };
      log.append([{ subject: { kind: 'session', ...session }, isTentative: false }], OPTIONS);
    }
    const copy = new KnownMarks();
    copy.take(log.read(0), 0);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks);
    const issuedBefore = (identityId: string, issuer?: string) =>
      copy.issuedBefore({ sessionId: 'another', identityId, ...(issuer && { issuer }) });
    expect(issuedBefore('flooder', ISSUER)).toBeGreaterThanOrEqual(NOW);
    expect(issuedBefore('flooder', 'https://zone-2.example.test')).toBe(0);
    expect(issuedBefore('flooder')).toBe(0);
    expect(issuedBefore('somebody else', ISSUER)).toBe(0);
  });
});

describe("a flood of marks on one person's applications at an issuer", () => {
  it('is compacted into that person at that issuer, and denies only that person', () => {
    const log = new RevocationTable(sqliteStorage(), () => NOW);
    for (let index = 0; index < 500; index += 1) {
      const subject = {
        kind: 'application-of',
        identityId: 'flooder',
        applicationId: `app-${index}`,
        issuer: ISSUER,
      } as const;
      log.append([{ subject, isTentative: false }], OPTIONS);
    }
    const copy = new KnownMarks();
    copy.take(log.read(0), 0);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks);
    const issuedBefore = (identityId: string, issuer: string) =>
      copy.issuedBefore({ identityId, issuer, applicationIds: ['app-0'] });
    expect(issuedBefore('flooder', ISSUER)).toBeGreaterThanOrEqual(NOW);
    expect(issuedBefore('flooder', 'https://zone-2.example.test')).toBe(0);
    expect(issuedBefore('somebody else', ISSUER)).toBe(0);
  });
});

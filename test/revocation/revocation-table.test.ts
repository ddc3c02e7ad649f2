import { describe, expect, it } from 'vitest';
import { KnownMarks } from '../../src/revocation/known-marks.ts';
import type { AppendOptions } from '../../src/revocation/log-protocol.ts';
import type { Mark, MarkSubject } from '../../src/revocation/mark.ts';
import { ISSUER_SKEW_MS, RevocationTable } from '../../src/revocation/revocation-table.ts';
import { sqliteStorage } from './world/sqlite-storage.ts';

const NOW = 1_700_000_000_000;
const OPTIONS: AppendOptions = {
  cursor: 0,
  checkLifeMs: 420_000,
  tokenLifeMs: 3_600_000,
  maxMarks: 1000,
};

function newLog(storage = sqliteStorage()) {
  const clock = { now: NOW };
  const log = new RevocationTable(storage, () => clock.now);
  return { log, clock, storage };
}

function session(sessionId: string, identityId?: string): MarkSubject {
  return identityId === undefined
    ? { kind: 'session', sessionId }
    : { kind: 'session', sessionId, identityId };
}

function definite(subject: MarkSubject): Mark {
  return { subject, isTentative: false };
}

function tentative(subject: MarkSubject): Mark {
  return { subject, isTentative: true };
}

/** The log as a new reader reads it. */
function copyOf(log: RevocationTable): KnownMarks {
  const copy = new KnownMarks();
  for (;;) {
    const page = log.read(copy.position);
    copy.take(page, copy.position);
    if (!page.hasMore) return copy;
  }
}

describe('RevocationTable', () => {
  it('gives every mark its own, increasing sequence number, even if the clock stands still or goes back', () => {
    const { log, clock } = newLog();
    const positions = [0, 0, -5000, 100_000, -100_000].map((ms, index) => {
      clock.now += ms;
      log.append([definite(session(`s${index}`))], OPTIONS);
      return log.read(0).position;
    });
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
  });

  it('continues after its last sequence number when the object restarts with its clock set back', () => {
    const { log, storage } = newLog();
    log.append([definite(session('a'))], OPTIONS);
    const before = log.read(0).position;
    const restarted = new RevocationTable(storage, () => NOW - 3_600_000);
    restarted.append([definite(session('b'))], OPTIONS);
    const page = restarted.read(before);
    expect(page.marks.map(({ key }) => key)).toEqual(['s:b']);
    expect(page.position).toBeGreaterThan(before);
  });

  it('begins beyond any sequence number of the log that it replaces, and has everything checked again', () => {
    const old = newLog();
    for (let index = 0; index < 100; index += 1) {
      old.log.append([definite(session(`s${index}`))], OPTIONS);
    }
    const { log } = newLog();
    const copy = copyOf(log);
    expect(copy.lastPosition({ sessionId: 'anything' })).toBeGreaterThan(NOW);
    expect(copy.issuedBefore({ sessionId: 'anything' })).toBe(0);
  });

  it('a definite mark denies tokens by the log’s clock, and a tentative mark denies none', () => {
    const { log } = newLog();
    log.append([definite(session('a')), tentative(session('b'))], OPTIONS);
    const copy = copyOf(log);
    expect(copy.issuedBefore({ sessionId: 'a' })).toBe(NOW + ISSUER_SKEW_MS);
    expect(copy.issuedBefore({ sessionId: 'b' })).toBe(0);
    expect(copy.lastPosition({ sessionId: 'b' })).toBeGreaterThan(
      copy.lastPosition({ sessionId: 'a' }),
    );
  });

  it('a tentative mark does not cancel a definite one', () => {
    const { log } = newLog();
    log.append([definite(session('a'))], OPTIONS);
    log.append([tentative(session('a'))], OPTIONS);
    expect(copyOf(log).issuedBefore({ sessionId: 'a' })).toBe(NOW + ISSUER_SKEW_MS);
    expect(log.size).toBe(2); // with the one that every log begins with
  });

  it('denies up to the time of an event, and never beyond its own clock', () => {
    const { log } = newLog();
    log.append([{ ...definite(session('past')), issuedBefore: NOW - 60_000 }], OPTIONS);
    log.append([{ ...definite(session('future')), issuedBefore: NOW + 60_000 }], OPTIONS);
    const copy = copyOf(log);
    expect(copy.issuedBefore({ sessionId: 'past' })).toBe(NOW - 60_000 + ISSUER_SKEW_MS);
    expect(copy.issuedBefore({ sessionId: 'future' })).toBe(NOW + ISSUER_SKEW_MS);
  });

  it('reads no row for a reader that has every mark', () => {
    const { storage } = newLog();
    let queries = 0;
    const counting = {
      ...storage,
      sql: {
        exec: (query: string, ...bindings: (string | number | null)[]) => {
          queries += 1;
          return storage.sql.exec(query, ...bindings);
        },
      },
    };
    const log = new RevocationTable(counting, () => NOW);
    const { position } = log.read(0);
    queries = 0;
    expect(log.read(position)).toEqual({ marks: [], position, hasMore: false });
    expect(queries).toBe(0);
  });

  it('has no further page when the last marks fill one', () => {
    const { log } = newLog();
    log.append([definite(session('a')), definite(session('b'))], OPTIONS);
    const { position } = log.read(0);
    expect(log.read(0, log.size)).toMatchObject({ position, hasMore: false });
    expect(log.read(0, log.size - 1).hasMore).toBe(true);
  });

  it('applies marks of an issuer to its own tokens only, and marks without an issuer to all tokens', () => {
    const { log } = newLog();
    const issuer = 'https://a.test';
    const other = 'https://b.test';
    log.append([definite({ kind: 'identity', identityId: 'x', issuer })], OPTIONS);
    log.append([definite({ kind: 'identity', identityId: 'y' })], OPTIONS);
    log.append([definite({ kind: 'token', issuer, tokenId: 't' })], OPTIONS);
    const copy = copyOf(log);
    const denied = (subject: object) => copy.issuedBefore(subject) > 0;
    expect(denied({ identityId: 'x', issuer })).toBe(true);
    expect(denied({ identityId: 'x', issuer: other })).toBe(false);
    expect(denied({ identityId: 'x' })).toBe(false);
    expect(denied({ identityId: 'y', issuer: other })).toBe(true);
    expect(denied({ tokenId: 't', issuer })).toBe(true);
    expect(denied({ tokenId: 't', issuer: other })).toBe(false);
    log.append([definite({ kind: 'issuer', issuer: other })], OPTIONS);
    expect(copyOf(log).issuedBefore({ tokenId: 'z', issuer: other })).toBeGreaterThan(0);
    expect(copyOf(log).issuedBefore({ tokenId: 'z', issuer })).toBe(0);
  });

  it('records a message with an id once, until it can be forgotten', () => {
    const { log, clock } = newLog();
    const once = { key: 'm', keepMs: 1000 };
    const append = () => log.append([definite(session('a'))], { ...OPTIONS, once }).kind;
    expect([append(), append()]).toEqual(['recorded', 'repeated']);
    clock.now += 1000;
    expect(append()).toBe('recorded');
  });

  it('leaves no trace of a failed write, and does not use up the message', () => {
    const { storage } = newLog();
    const state = { isFailing: false };
    const failing = {
      ...storage,
      sql: {
        exec: (query: string, ...bindings: (string | number | null)[]) => {
          if (state.isFailing && query.startsWith('UPDATE head')) throw new Error('disk full');
          return storage.sql.exec(query, ...bindings);
        },
      },
    };
    const log = new RevocationTable(failing, () => NOW);
    const [position, size] = [log.read(0).position, log.size];
    const once = { key: 'm', keepMs: 1000 };
    const append = () => log.append([definite(session('a'))], { ...OPTIONS, once });
    state.isFailing = true;
    expect(append).toThrow('disk full');
    expect([log.read(0).position, log.size]).toEqual([position, size]);
    state.isFailing = false;
    expect(append().kind).toBe('recorded');
  });

  it('forgets a mark when no session or token that it applies to can be valid: tentative ones with the checks, definite ones with the tokens', () => {
    const { log, clock } = newLog();
    log.append([tentative(session('check')), definite(session('token'))], OPTIONS);
    clock.now += OPTIONS.checkLifeMs;
    log.prune();
    const keys = () => log.read(0).marks.map(({ key }) => key);
    expect(keys()).toContain('s:token');
    expect(keys()).not.toContain('s:check');
    clock.now += OPTIONS.tokenLifeMs;
    expect(log.prune()).toBeGreaterThan(clock.now); // the log's own first mark is left
    expect(keys()).toEqual(['*']);
    clock.now += 3 * 86_400_000;
    expect(log.prune()).toBeUndefined();
  });

  it('compacts a flood for one person’s sessions into that person, and leaves other people alone', () => {
    const { log } = newLog();
    log.append([definite(session('calm', 'bob'))], OPTIONS);
    for (let index = 0; index < 1500; index += 1) {
      log.append([definite(session(`s${index}`, 'ann'))], OPTIONS);
    }
    const copy = copyOf(log);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks);
    expect(copy.issuedBefore({ sessionId: 's0', identityId: 'ann' })).toBeGreaterThan(0);
    expect(copy.issuedBefore({ sessionId: 'calm', identityId: 'bob' })).toBeGreaterThan(0);
    expect(copy.issuedBefore({ sessionId: 'other', identityId: 'carl' })).toBe(0);
  });

  it('compacts tentative marks first, so that no flood of failing changes denies tokens', () => {
    const { log } = newLog();
    log.append([definite(session('ended'))], OPTIONS);
    for (let index = 0; index < 5000; index += 1) {
      log.append([tentative(session(`guess-${index}`))], OPTIONS);
    }
    const copy = copyOf(log);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks);
    expect(copy.issuedBefore({ sessionId: 'ended' })).toBeGreaterThan(0);
    expect(copy.issuedBefore({ sessionId: 'never marked' })).toBe(0);
    expect(copy.lastPosition({ sessionId: 'guess-0' })).toBeGreaterThan(NOW + 60_000);
  });

  it('compacts no mark that denies tokens if these fill half of the log', () => {
    const { log } = newLog();
    const append = (mark: Mark) => log.append([mark], { ...OPTIONS, maxMarks: 10 });
    for (let index = 0; index < 4; index += 1) append(definite(session(`ended-${index}`)));
    for (let index = 0; index < 6; index += 1) append(tentative(session(`guess-${index}`)));
    const ended = Array.from({ length: 4 }, (_, index) => `s:ended-${index}`);
    expect(log.read(0).marks.map(({ key }) => key)).toEqual([...ended, '*']);
  });

  it('compacts a flood for many people into everything, the oldest first', () => {
    const { log, clock } = newLog();
    for (let index = 0; index < 1200; index += 1) {
      clock.now += 1000;
      log.append([definite(session(`s${index}`))], OPTIONS);
    }
    const copy = copyOf(log);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks);
    const everything = copy.issuedBefore({ sessionId: 'never marked' });
    expect(everything).toBeGreaterThan(0);
    expect(everything).toBeLessThan(copy.issuedBefore({ sessionId: 's1199' }));
  });

  it('R22: a pair names a session only together with its identity', () => {
    const { log } = newLog();
    const pair = { kind: 'session-of', sessionId: 's', identityId: 'ann' } as const;
    log.append([definite(pair)], OPTIONS);
    const copy = copyOf(log);
    const known = copy.position;
    const denied = (subject: object) => [
      copy.issuedBefore(subject) > 0,
      copy.lastPosition(subject) === known,
    ];
    expect(denied({ sessionId: 's', identityId: 'ann' })).toEqual([true, true]);
    expect(denied({ sessionId: 's', identityId: 'ann', issuer: 'https://a.test' })).toEqual([
      true,
      true,
    ]);
    expect(denied({ sessionId: 's', identityId: 'bob' })).toEqual([false, false]);
    expect(denied({ sessionId: 't', identityId: 'ann' })).toEqual([false, false]);
    expect(denied({ sessionId: 's' })).toEqual([false, false]);
    log.append([definite({ ...pair, identityId: 'carl', issuer: 'https://a.test' })], OPTIONS);
    const later = copyOf(log);
    expect(later.issuedBefore({ sessionId: 's', identityId: 'carl' })).toBe(0);
    const ofIssuer = { sessionId: 's', identityId: 'carl', issuer: 'https://a.test' };
    expect(later.issuedBefore(ofIssuer)).toBeGreaterThan(0);
  });

  it('all sessions except one spare that one, until another caller asks for the same', () => {
    const { log, clock } = newLog();
    const others = (exceptSessionId: string) =>
      definite({ kind: 'other-sessions', identityId: 'ann', exceptSessionId });
    log.append([others('a')], OPTIONS);
    const copy = copyOf(log);
    const denied = (sessionId: string, identityId = 'ann') =>
      copy.issuedBefore({ sessionId, identityId }) > 0;
    expect([denied('a'), denied('b'), denied('b', 'bob')]).toEqual([false, true, false]);
    expect(copy.noteRefusal({ sessionId: 'b', identityId: 'ann' })).toBe(copy.position);
    const cursor = copy.position;
    log.append([others('b')], OPTIONS);
    copy.take(log.read(cursor), cursor);
    expect([denied('a'), denied('b'), denied('c')]).toEqual([true, true, true]);
    const size = copy.size;
    copy.forgetBefore(clock.now + 2 * OPTIONS.tokenLifeMs + OPTIONS.checkLifeMs);
    expect(copy.size).toBe(size - 2);
    expect([denied('a'), denied('b')]).toEqual([false, false]);
  });

  it('R25: compacts one person’s marks of any kind into that person beyond a hundred', () => {
    const { log } = newLog();
    for (let index = 0; index < 101; index += 1) {
      const [sessionId, identityId] = [`s${index}`, 'ann'];
      const kinds: Mark['subject'][] = [
        { kind: 'session', sessionId, identityId },
        { kind: 'session-of', sessionId, identityId },
        { kind: 'other-sessions', exceptSessionId: sessionId, identityId },
        { kind: 'credential', credentialName: sessionId, identityId },
      ];
      const subject = kinds[index % kinds.length];
      if (subject !== undefined) log.append([definite(subject)], OPTIONS);
    }
    expect(log.read(0).marks.map(({ key }) => key)).toEqual(['*', 'i:ann']);
    log.append([definite(session('calm', 'bob'))], OPTIONS);
    expect(copyOf(log).issuedBefore({ sessionId: 'new', identityId: 'bob' })).toBe(0);
  });

  it('R25: compacts an issuer’s marks into that issuer beyond its share, the oldest first', () => {
    const { log, clock } = newLog();
    const issuer = 'https://zone.test';
    for (let index = 0; index < OPTIONS.maxMarks; index += 1) {
      clock.now += 1000;
      log.append([definite({ kind: 'identity', identityId: `i${index}`, issuer })], OPTIONS);
    }
    const copy = copyOf(log);
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks / 4 + 2);
    const all = copy.issuedBefore({ identityId: 'never marked', issuer });
    expect(all).toBeGreaterThan(0);
    expect(all).toBeLessThan(copy.issuedBefore({ identityId: `i${OPTIONS.maxMarks - 1}`, issuer }));
    expect(copy.issuedBefore({ identityId: 'i0' })).toBe(0);
    expect(copy.issuedBefore({ identityId: 'i0', issuer: 'https://other.test' })).toBe(0);
  });

  it('R25: compacts the older half of an issuer’s marks at the first one beyond its share, and keeps the newer ones', () => {
    const { log } = newLog();
    const issuer = 'https://zone.test';
    const append = (index: number) =>
      log.append([definite({ kind: 'token', tokenId: `t${index}`, issuer })], {
        ...OPTIONS,
        maxMarks: 40,
      });
    const keys = () => log.read(0).marks.map(({ key }) => key);
    const tokens = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `t@${issuer}\nt${from + index}`);
    for (let index = 0; index < 10; index += 1) append(index);
    expect(keys()).toEqual(['*', ...tokens(0, 10)]);
    append(10);
    expect(keys()).toEqual(['*', `o:${issuer}`, ...tokens(6, 11)]);
  });

  it('leaves an issuer’s own marks alone if combining those of its people is enough', () => {
    const { log } = newLog();
    const issuer = 'https://zone.test';
    const append = (subject: MarkSubject) =>
      log.append([definite(subject)], { ...OPTIONS, maxMarks: 40 });
    for (let index = 0; index < 9; index += 1) {
      append({ kind: 'token', tokenId: `t${index}`, issuer });
    }
    for (const sessionId of ['a', 'b']) {
      append({ kind: 'session', sessionId, identityId: 'ann', issuer });
    }
    const keys = log.read(0).marks.map(({ key }) => key);
    expect(keys).toHaveLength(11); // the log's own, nine tokens, and ann
    expect(keys).not.toContain(`o:${issuer}`);
  });

  it('R25: compacts the sessions of an issuer’s many people beyond its share, first into those people', () => {
    const { log } = newLog();
    const issuer = 'https://zone.test';
    for (let index = 0; index < 300; index += 1) {
      const subject = { kind: 'session', sessionId: `s${index}`, identityId: `i${index}`, issuer };
      log.append([definite(subject as MarkSubject)], OPTIONS); // all of it is there
      if (index === 250) {
        const keys = log.read(0).marks.map(({ key }) => key);
        expect(keys.filter((key) => key.startsWith('s@'))).toEqual([]);
      }
    }
    expect(log.size).toBeLessThanOrEqual(OPTIONS.maxMarks / 4 + 2);
    const copy = copyOf(log);
    const ofIssuer = { sessionId: 's299', identityId: 'i299', issuer };
    expect(copy.issuedBefore(ofIssuer)).toBeGreaterThan(0);
    expect(copy.issuedBefore({ ...ofIssuer, issuer: 'https://other.test' })).toBe(0);
  });

  it('keeps the people of a change for its retry, for the lifetime of a token', () => {
    const { log, clock } = newLog();
    const about = [session('a', 'ann')];
    const remember = { keys: ['c1', 'c2'], about };
    log.append([tentative(session('a', 'ann'))], { ...OPTIONS, remember });
    const recall = (name: string) => {
      const answer = log.append([], { ...OPTIONS, recall: name });
      return answer.kind === 'recorded' ? answer.recalled : undefined;
    };
    const { position } = log.read(0);
    expect([recall('c1'), recall('c2'), recall('c3')]).toEqual([about, about, undefined]);
    expect(log.read(0).position).toBe(position); // to ask leaves no mark
    clock.now += OPTIONS.tokenLifeMs;
    log.prune();
    expect(recall('c1')).toBeUndefined();
  });
});

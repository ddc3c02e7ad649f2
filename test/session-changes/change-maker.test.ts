import { beforeEach, describe, expect, it } from 'vitest';
import type { AppendAnswer } from '../../src/revocation/log-protocol.ts';
import { LogWriter } from '../../src/revocation/log-writer.ts';
import type { Mark, MarkSubject } from '../../src/revocation/mark.ts';
import { failed, success } from '../../src/runtime/result.ts';
import { ChangeMaker } from '../../src/session-changes/change-maker.ts';
import {
  type ChangeAnswer,
  type Conclusion,
  ending,
  endingUnlessRefused,
  provesUnchanged,
  rechecking,
  type SessionChange,
} from '../../src/session-changes/session-change.ts';

const SUBJECT: MarkSubject = { kind: 'session', sessionId: 's' };
const RECORDED: AppendAnswer = {
  kind: 'recorded',
  page: { marks: [], position: 1, hasMore: false },
};
const DONE = () => success(new Response(null, { status: 204 }));

let events: string[];
/** Answers of the log to the next appends; later ones are recorded. */
let answers: (AppendAnswer | undefined)[];
let reported: string[];

beforeEach(() => {
  events = [];
  answers = [];
  reported = [];
});

const writer = new LogWriter({
  log: {
    async append(marks: readonly Mark[]) {
      const kinds = marks.map(({ isTentative }) => (isTentative ? 'tentative' : 'definite'));
      events.push(kinds.join() || 'probe');
      return answers.length > 0 ? answers.shift() : RECORDED;
    },
  },
  view: { position: () => 0, learn: () => {} },
  checkLifeMs: 1,
  tokenLifeMs: 1,
  maxMarks: 1,
  now: () => 0,
});

function make(change: Partial<SessionChange> & { answer?: ChangeAnswer } = {}) {
  const { answer = DONE(), ...rest } = change;
  return new ChangeMaker({ writer, report: ({ event }) => void reported.push(event) }).make(
    {
      intent: { kind: 'known', about: [SUBJECT] },
      async send() {
        events.push('change');
        return answer;
      },
      conclude: endingUnlessRefused([SUBJECT]),
      ...rest,
    },
    () => {},
  );
}

const status = (code: number) => success(new Response(null, { status: code }));

describe('ChangeMaker.make()', () => {
  it('marks, changes, marks again and then answers', async () => {
    expect((await make()).ok).toBe(true);
    expect(events).toEqual(['tentative', 'change', 'definite']);
  });

  it('R27: sends no change if the intent cannot be recorded in three attempts', async () => {
    answers = [undefined, undefined, undefined];
    expect(await make()).toEqual(failed('revocation_log_unavailable'));
    expect(events).toEqual(['tentative', 'tentative', 'tentative']);
  });

  it('R2: denies no session after a refusal', async () => {
    for (const code of [400, 401, 403, 429]) await make({ answer: status(code) });
    expect(events).not.toContain('definite');
  });

  it.each<[string, ChangeAnswer]>([
    ['a time-out', failed('upstream_timeout' as const)],
    ['an unreadable answer', failed('upstream_not_valid' as const)],
    ...[404, 408, 409, 410, 500, 503, 302].map((code): [string, ChangeAnswer] => [
      `a ${code}`,
      status(code),
    ]),
  ])('does not take %s as proof that the change failed', async (_, answer) => {
    expect(provesUnchanged(answer)).toBe(false);
    expect(await make({ answer })).toEqual(answer);
    expect(events).toEqual(['tentative', 'change', 'definite']);
  });

  it.each(['send', 'conclude'])('a bug in %s is followed by a mark too', async (step) => {
    const broken = { [step]: () => Promise.reject(new Error('a bug')) };
    await expect(make(broken)).rejects.toThrow('a bug');
    expect(events.at(-1)).toBe('definite');
  });

  it('R1: reports that the change is not known everywhere if the second mark could not be written', async () => {
    answers = [RECORDED, undefined, undefined, undefined];
    expect(await make()).toEqual(failed('revocation_unrecorded'));
    expect(events.filter((event) => event === 'definite')).toHaveLength(3);
  });

  it('R1: reports the same if the answer redirects a script, which is no refusal', async () => {
    answers = [RECORDED, undefined, undefined, undefined];
    const conclude = async () => ending([SUBJECT]);
    expect(await make({ answer: status(422), conclude })).toEqual(failed('revocation_unrecorded'));
  });

  it.each([401, 404, 410])(
    'R11: withholds a %i that an earlier attempt may have caused until its mark is written',
    async (code) => {
      const change = { answer: status(code), conclude: async () => ending([SUBJECT]) };
      answers = [RECORDED, undefined, undefined, undefined];
      expect(await make(change)).toEqual(failed('revocation_unrecorded'));
      expect(await make(change)).toEqual(change.answer);
    },
  );

  it('a failure of the store keeps its reason if the second mark could not be written', async () => {
    answers = [RECORDED, undefined, undefined, undefined];
    const answer = failed('upstream_timeout' as const);
    expect(await make({ answer })).toEqual(answer);
  });

  it('R23: a request without a known person has no mark before its answer', async () => {
    const conclude = async () => ({ kind: 'unchanged' }) as const;
    await make({ intent: { kind: 'in-the-answer', needsLog: false }, conclude });
    expect(events).toEqual(['change']);
    await make({ intent: { kind: 'in-the-answer', needsLog: true }, conclude });
    expect(events).toEqual(['change', 'probe', 'change']);
  });

  it('has everything checked once if no person is found, and logs it; within ten seconds it answers 503', async () => {
    const nobody = {
      intent: { kind: 'in-the-answer', needsLog: false },
      conclude: async () => ({ kind: 'nobody-found' }) as const,
    } as const;
    expect((await make(nobody)).ok).toBe(true);
    expect(events).toEqual(['change', 'tentative']);
    expect(reported).toEqual(['revocation-everything']);
    answers = [{ kind: 'repeated' }];
    expect(await make(nobody)).toEqual(failed('revocation_unrecorded'));
    expect(reported).toHaveLength(1);
  });

  it('R19: stores with the marks, under the name of the change, that they were written', async () => {
    const kept: unknown[] = [];
    const noting = {
      append: async (...[, request]: Parameters<LogWriter['append']>) => {
        kept.push(request?.remember?.keys);
        return RECORDED;
      },
    };
    const maker = new ChangeMaker({ writer: noting, report: () => {} });
    const named = (conclusion: Conclusion): SessionChange => ({
      intent: { kind: 'in-the-answer', needsLog: false },
      send: async () => DONE(),
      conclude: async () => conclusion,
    });
    await maker.make(named(rechecking([SUBJECT], 'a')), () => {});
    await maker.make(named({ kind: 'nobody-found', settles: 'b' }), () => {});
    await maker.make(named(rechecking([SUBJECT])), () => {});
    await maker.make(named({ kind: 'not-told' }), () => {});
    expect(kept).toEqual([['a'], ['b'], undefined]);
  });

  it('R19: accepts a stored record without people as settled, and reports a silent log as unavailable', async () => {
    const maker = new ChangeMaker({ writer, report: () => {} });
    answers = [{ ...RECORDED, recalled: [] }, RECORDED, undefined, undefined, undefined];
    expect(await maker.isSettled('a')).toEqual(success(true));
    expect(await maker.isSettled('a')).toEqual(success(false));
    expect(await maker.isSettled('a')).toEqual(failed('revocation_log_unavailable'));
  });

  it('does not withhold an answer for optional marks', async () => {
    answers = [undefined, undefined, undefined];
    const marks = [{ subject: SUBJECT, isTentative: true }];
    const conclude = async () => ({ kind: 'changed', marks, isOptional: true }) as const;
    const intent = { kind: 'in-the-answer', needsLog: false } as const;
    expect((await make({ intent, conclude })).ok).toBe(true);
  });

  it('works without a log', async () => {
    const maker = new ChangeMaker({ writer: undefined, report: () => {} });
    const change: SessionChange = {
      intent: { kind: 'known', about: [SUBJECT] },
      send: async () => DONE(),
      conclude: () => Promise.reject(new Error('not asked')),
    };
    expect((await maker.make(change, () => {})).ok).toBe(true);
    expect(await maker.recall('x')).toEqual(success([]));
  });
});

describe('LogWriter.record()', () => {
  it('reads "repeated" after an attempt of its own as recorded, and otherwise as repeated', async () => {
    const once = { key: 'm', keepMs: 1 };
    const mark: Mark = { subject: SUBJECT, isTentative: false };
    answers = [{ kind: 'repeated' }];
    expect(await writer.record([mark], once)).toBe('repeated');
    answers = [undefined, { kind: 'repeated' }];
    expect(await writer.record([mark], once)).toBe('recorded');
  });
});

describe('ChangeMaker.recall()', () => {
  const recall = () => new ChangeMaker({ writer, report: () => {} }).recall('change-1');

  it('returns the people of an earlier change of that name, or none', async () => {
    answers = [{ ...RECORDED, recalled: [SUBJECT] }, RECORDED];
    expect([await recall(), await recall()]).toEqual([success([SUBJECT]), success([])]);
    expect(events).toEqual(['probe', 'probe']);
  });

  it('fails when the log cannot be read', async () => {
    answers = [undefined, undefined, undefined];
    expect(await recall()).toEqual(failed('revocation_log_unavailable'));
  });
});

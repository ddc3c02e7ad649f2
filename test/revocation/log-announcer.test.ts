import { describe, expect, it } from 'vitest';
import { LogAnnouncer } from '../../src/revocation/log-announcer.ts';
import type { AppendAnswer } from '../../src/revocation/log-protocol.ts';
import { LogWriter } from '../../src/revocation/log-writer.ts';
import type { Mark, MarkSubject } from '../../src/revocation/mark.ts';

const SUBJECT: MarkSubject = { kind: 'session', sessionId: 's' };
const RECORDED: AppendAnswer = {
  kind: 'recorded',
  page: { marks: [], position: 1, hasMore: false },
};

function announcing(answers: readonly (AppendAnswer | undefined)[] = []) {
  const events: string[] = [];
  const left = [...answers];
  const writer = new LogWriter({
    log: {
      append: async (marks: readonly Mark[]) => {
        events.push(
          marks.map(({ isTentative }) => (isTentative ? 'tentative' : 'definite')).join(),
        );
        return left.length > 0 ? left.shift() : RECORDED;
      },
    },
    view: { position: () => 0, learn: () => events.push('learnt') },
    checkLifeMs: 1,
    tokenLifeMs: 1,
    maxMarks: 1,
    now: () => 0,
  });
  const change = (changed: readonly MarkSubject[]) => async () => {
    events.push('change');
    return { value: 'done', changed };
  };
  return { announcer: new LogAnnouncer(writer), writer, events, change };
}

describe('LogAnnouncer.announce()', () => {
  it('marks, changes, marks again and then answers; this isolate knows at once', async () => {
    const { announcer, events, change } = announcing();
    expect(await announcer.announce([SUBJECT], change([SUBJECT]))).toEqual({
      ok: true,
      value: 'done',
    });
    expect(events).toEqual(['tentative', 'learnt', 'change', 'definite', 'learnt']);
  });

  it('R2: after a change that concerned nobody, denies nothing, but has checks made again', async () => {
    const { announcer, events, change } = announcing();
    expect((await announcer.announce([SUBJECT], change([]))).ok).toBe(true);
    expect(events.filter((event) => event !== 'learnt')).toEqual([
      'tentative',
      'change',
      'tentative',
    ]);
  });

  it('a change that throws is followed by a mark too, for nobody knows whether it was made', async () => {
    const { announcer, events } = announcing();
    const announced = announcer.announce([SUBJECT], () => Promise.reject(new Error('lost')));
    await expect(announced).rejects.toThrow('lost');
    expect(events.filter((event) => event !== 'learnt')).toEqual(['tentative', 'tentative']);
  });

  it('makes the change although the log cannot be written before it', async () => {
    const { announcer, events, change } = announcing([undefined]);
    expect((await announcer.announce([SUBJECT], change([SUBJECT]))).ok).toBe(true);
    expect(events).toContain('change');
  });

  it('tries the second mark three times', async () => {
    const { announcer, events, change } = announcing([RECORDED, undefined, undefined, RECORDED]);
    expect((await announcer.announce([SUBJECT], change([SUBJECT]))).ok).toBe(true);
    expect(events.filter((event) => event === 'definite')).toHaveLength(3);
  });

  it('R1: says that the change is not known everywhere when the second mark could not be written', async () => {
    const { announcer, change } = announcing([RECORDED, undefined, undefined, undefined]);
    expect(await announcer.announce([SUBJECT], change([SUBJECT]))).toEqual({
      ok: false,
      failure: 'revocation_unrecorded',
    });
  });

  it('with nobody to mark, writes nothing', async () => {
    const { announcer, events, change } = announcing();
    await announcer.announce([], change([]));
    expect(events).toEqual(['change']);
  });
});

describe('LogWriter.record()', () => {
  it('takes "repeated" after an attempt of its own for recorded, and else for repeated', async () => {
    const once = { key: 'm', keepMs: 1 };
    const mark: Mark = { subject: SUBJECT, isTentative: false };
    const repeated: AppendAnswer = { kind: 'repeated' };
    expect(await announcing([repeated]).writer.record([mark], once)).toBe('repeated');
    expect(await announcing([undefined, repeated]).writer.record([mark], once)).toBe('recorded');
  });
});

import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../src/providers/upstream.ts';
import { success } from '../../src/runtime/result.ts';
import { readOtherSessions } from '../../src/session-changes/other-sessions.ts';
import { credential } from '../sessions/sessions-world.ts';

const session = (digit: number) => ({ id: `00000000-0000-4000-8000-00000000000${digit}` });

describe('readOtherSessions()', () => {
  // Kratos names no last page (`oryx/pagination`): a full page may be followed by another one.
  it.each([
    ['none', [], true],
    ['fewer than asked for', [session(1)], true],
    ['as many as asked for', [session(1), session(2)], false],
    ['as many as asked for, one of them unreadable', [session(1), null], false],
  ])('a page that lists %s', async (_, listed, isLast) => {
    const send = async () => success(new Response(JSON.stringify(listed)));
    const kratos = { send } as unknown as Upstream; // the member that is used
    const result = await readOtherSessions(kratos, credential, { page: 1, size: 2 });
    expect(result).toMatchObject({ ok: true, value: { isLast } });
  });
});

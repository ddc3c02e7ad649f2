import { describe, expect, it } from 'vitest';
import {
  type KeycardSession,
  readKeycardPage,
  readKeycardSession,
} from '../../../src/providers/keycard/keycard-session.ts';
import { endingWith } from '../../../src/providers/keycard/session-tree.ts';
import type { JsonObject } from '../../../src/runtime/json.ts';

/** A user session with the members that Keycard's types require, and those that are given. */
function session(members: JsonObject): KeycardSession {
  const read = readKeycardSession({ session_type: 'user', user_id: 'ann', ...members });
  if (read === undefined) throw new TypeError('expected a session');
  return read;
}

const ROOT = session({ id: 'root', parent_id: null, application_id: 'x' });

/** The applications whose tokens end, by the first name of each session; `null`: all tokens end. */
function ends(...listed: readonly KeycardSession[]) {
  return endingWith('root', ROOT, listed).map(({ id, names, applicationId }) => [
    id,
    names[0],
    applicationId ?? null,
  ]);
}

describe('endingWith()', () => {
  it('finds derived sessions in any order, at any depth, of any user', () => {
    const found = ends(
      session({ id: 'c', parent_id: 'b', user_id: 'bob', application_id: 'z' }),
      session({ id: 'other', parent_id: null, application_id: 'w' }),
      session({ id: 'b', parent_id: 'root', application_id: 'y' }),
    );
    expect(found).toEqual([
      ['root', 'ann', 'x'],
      ['b', 'ann', 'y'],
      ['c', 'bob', 'z'],
    ]);
  });

  it('ends where parents form a circle', () => {
    const found = ends(
      session({ id: 'b', parent_id: 'root', application_id: 'y' }),
      session({ id: 'c', parent_id: 'b', application_id: 'y' }),
      session({ id: 'b', parent_id: 'c', application_id: 'y' }),
      session({ id: 'root', parent_id: 'c', application_id: 'x' }),
    );
    expect(new Set(found.map(([id]) => id))).toEqual(new Set(['root', 'b', 'c']));
  });

  it('compares ids in canonical form', () => {
    const id = '0d2bd3ab-3bf1-4c5d-9a4e-6f1f6c0e9b11';
    const upper = id.toUpperCase();
    const listed = [session({ id: 'c', parent_id: upper, user_id: 'bob' })];
    expect(endingWith(id, session({ id: upper }), listed).map((each) => each.id)).toEqual([
      id,
      'c',
    ]);
  });

  it('ends all tokens of a user with a session that does not tell whether it is derived', () => {
    const unclear = session({ id: 'b', application_id: 'y' });
    expect(ends(unclear)).toEqual([['root', 'ann', null]]);
    expect(ends(session({ id: 'b', user_id: 'bob' }))).toEqual([['root', 'ann', 'x']]);
    expect(ends(session({ id: 'root', application_id: 'x' }))).toEqual([['root', 'ann', 'x']]);
  });

  it('ends all tokens of every user that is found if a derived session has no id', () => {
    const unnamed = session({ parent_id: 'root', user_id: 'bob', application_id: 'y' });
    expect(ends(unnamed)).toEqual([
      ['root', 'ann', null],
      [undefined, 'bob', null],
    ]);
  });

  it('knows a user by the names in all of the user’s sessions', () => {
    const listed = [
      session({ id: 'b', parent_id: null, subject: 'ann@idp' }),
      session({ id: 'c', parent_id: null, user_id: 'bob', subject: 'bob@idp' }),
    ];
    expect(endingWith('root', ROOT, listed).map(({ names }) => names)).toEqual([
      ['ann', 'ann@idp'],
    ]);
  });

  it('finds derived sessions of a session that is not shown', () => {
    const listed = [session({ id: 'b', parent_id: 'root', application_id: 'y' })];
    expect(endingWith('root', undefined, listed).map(({ id }) => id)).toEqual(['b']);
    expect(endingWith('root', undefined, [])).toEqual([]);
  });
});

describe('readKeycardSession()', () => {
  it('reads every name of a user, and no application of an application’s own session', () => {
    const user = { subject: 'at the provider', identifier: 'named by a claim' };
    expect(session({ subject: 's', user }).names).toEqual(['ann', 's', 'named by a claim']);
    expect(session({ user }).names).toEqual(['ann', 'at the provider', 'named by a claim']);
    expect(session({ session_data: { sub: 'claimed' } }).names).toEqual(['ann', 'claimed']);
    const own = { session_type: 'application', application_id: 'x', subject: 's', user_id: 'ann' };
    expect(session(own)).toMatchObject({
      names: ['x', 's'],
      userId: undefined,
      applicationId: undefined,
    });
  });

  it.each([
    [{ status: 'active', active: false }, true],
    [{ status: 'revoked', active: true }, false],
    [{ status: 'expired' }, false],
    [{ active: false }, false],
    [{ active: true }, true],
    [{}, undefined],
    [{ status: null, active: 'true' }, undefined],
  ])('reads from %j whether the session is active', (members, isActive) => {
    expect(session(members).isActive).toBe(isActive);
  });

  it('reads no session from a value that is no object', () => {
    expect([null, 'text', [], 7, undefined].map(readKeycardSession)).toEqual(
      Array.from({ length: 5 }),
    );
  });
});

describe('readKeycardPage()', () => {
  const cursorOf = (members: JsonObject) => readKeycardPage({ items: [], ...members })?.afterCursor;

  it('reads the next cursor from `pagination`, and from the older `page_info`', () => {
    expect(cursorOf({ pagination: { after_cursor: 'a', before_cursor: null } })).toBe('a');
    expect(cursorOf({ page_info: { has_next_page: true, end_cursor: 'b' } })).toBe('b');
    expect(cursorOf({ page_info: { has_next_page: false, end_cursor: 'b' } })).toBeNull();
    expect(cursorOf({ pagination: { after_cursor: null } })).toBeNull();
    expect(cursorOf({})).toBeNull();
  });

  it('reads no page without items, and leaves out items that are no objects', () => {
    expect(readKeycardPage({ pagination: {} })).toBeUndefined();
    const items = [null, { session_type: 'user', user_id: 'ann' }, 7];
    expect(readKeycardPage({ items })?.sessions.map(({ names }) => names)).toEqual([['ann']]);
  });
});

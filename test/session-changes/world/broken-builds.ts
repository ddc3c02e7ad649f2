import type { Breakage } from '../../revocation/world/broken-build.ts';

/** A build that answers with success without the mark it promises. */
export interface BrokenBuild {
  readonly name: string;
  /** The one action it is tried with. */
  readonly only: string;
  readonly breakages: readonly Breakage[];
}

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  {
    name: 'the second mark left out',
    only: 'DELETE /sessions/{id}',
    breakages: [
      {
        file: 'src/session-changes/change-maker.ts',
        from: 'const recorded = await writer.append(marks, settled(settles));',
        to: 'const recorded = true;',
      },
    ],
  },
  {
    name: 'a store that does not say taken for nobody',
    only: 'DELETE /self-service/logout/api',
    breakages: [
      {
        file: 'src/session-changes/caller.ts',
        from: "return { kind: 'unknown' };",
        to: "return { kind: 'nobody' };",
      },
    ],
  },
  {
    name: 'no mark on a retry',
    only: 'DELETE /self-service/logout/api',
    breakages: [
      {
        file: 'src/routes/self-service/logout.ts',
        from: 'return kept.value.length > 0',
        to: 'return kept.value.length < 0',
      },
    ],
  },
  {
    name: 'a 404 taken for a proof',
    only: 'DELETE /admin/identities/{id}/sessions',
    breakages: [
      {
        file: 'src/session-changes/session-change.ts',
        from: 'const AFTER_AN_EARLIER_TRY = [404, 408, 409, 410];',
        to: 'const AFTER_AN_EARLIER_TRY = [408];',
      },
    ],
  },
  {
    name: 'a session that a caller names marked without the caller',
    only: 'DELETE /sessions/{id} of a stranger',
    breakages: [
      {
        file: 'src/session-changes/subjects.ts',
        from: "kind: 'session-of',",
        to: "kind: 'session',",
      },
    ],
  },
  {
    name: 'all others marked as none',
    only: 'DELETE /sessions',
    breakages: [
      {
        file: 'src/revocation/known-marks.ts',
        from: 'if (spared !== own) found.push(mark);',
        to: 'if (spared === own) found.push(mark);',
      },
    ],
  },
  {
    name: 'a recovery by whoami alone',
    only: 'POST /self-service/recovery of an account with a second factor',
    breakages: [
      {
        file: 'src/routes/self-service/recovery.ts',
        from: 'const names = await namesByAddress(issued, flow);',
        to: "const names = ['nobody'];",
      },
      {
        file: 'src/routes/self-service/issued-session.ts',
        from: 'if (names.length > 0) return { names, sessionId: undefined };',
        to: '',
      },
    ],
  },
  {
    name: 'a sessions page that sends one end without a mark',
    only: 'POST /.postern/sessions for one',
    breakages: [
      {
        file: 'src/routes/sessions-page/kratos-sessions.ts',
        from: 'const change = endSessions(oneSession(id), owner, this.#kratos);',
        to: 'return endSessions(oneSession(id), owner, this.#kratos).send();',
      },
    ],
  },
  {
    name: 'a sessions page that sends the end of all others without a mark',
    only: 'POST /.postern/sessions for all others',
    breakages: [
      {
        file: 'src/routes/sessions-page/kratos-sessions.ts',
        from: 'const change = endSessions(ALL_OTHER_SESSIONS, owner, this.#kratos);',
        to: 'return endSessions(ALL_OTHER_SESSIONS, owner, this.#kratos).send();',
      },
    ],
  },
  {
    name: 'cookies whose digest is not named',
    only: 'GET /self-service/logout of a script',
    breakages: [
      {
        file: 'src/routes/self-service/logout.ts',
        from: '? [carrier]',
        to: '? []',
      },
    ],
  },
  {
    name: 'settings of a browser taken for unchanged',
    only: 'POST /self-service/settings in a browser',
    breakages: [
      {
        file: 'src/routes/self-service/settings.ts',
        from: 'if (isRedirect) return stateByFlow(flow);',
        to: "if (isRedirect) return 'not-taken';",
      },
    ],
  },
  {
    name: 'a verification without a mark',
    only: 'POST /self-service/verification',
    breakages: [
      {
        file: 'src/routes/self-service/verification.ts',
        from: "if (after === 'not-passed') return UNCHANGED;",
        to: 'return UNCHANGED;',
      },
    ],
  },
  {
    name: 'children of a Keycard session left out',
    only: 'PATCH /zones/{z}/sessions/{id} of the user, by the guard',
    breakages: [
      {
        file: 'src/providers/keycard/session-tree.ts',
        from: 'const derived = descendantsOf(rootId, listed);',
        to: 'const derived: KeycardSession[] = [];',
      },
    ],
  },
  {
    name: 'a Keycard deletion that keeps no tree for its retry',
    only: 'DELETE /zones/{z}/sessions/{id} of the user, by a bearer',
    breakages: [
      {
        file: 'src/routes/session-api/keycard-end.ts',
        from: 'const before = { ...shown, earlier: recalled.value };',
        to: 'const before = { ...shown, earlier: [] };',
      },
    ],
  },
  {
    name: 'users and applications of a Keycard session left out',
    only: 'PATCH /zones/{z}/sessions/{id} of the application, by the guard',
    breakages: [
      {
        file: 'src/routes/session-api/keycard-subjects.ts',
        from: '...names.map(',
        to: '...names.slice(names.length).map(',
      },
    ],
  },
  {
    name: 'tokens of a Keycard session’s application left out',
    only: 'PATCH /zones/{z}/sessions/{id} of the user, by the guard',
    breakages: [
      {
        file: 'src/revocation/known-marks.ts',
        from: 'const mark = marks.application.get(id);',
        to: 'const mark = marks.one.get(id);',
      },
    ],
  },
  {
    name: 'a mark of a Keycard session’s application that denies the person’s other tokens',
    only: 'DELETE /zones/{z}/sessions/{id} of the user, by a bearer',
    breakages: [
      {
        file: 'src/revocation/known-marks.ts',
        from: 'const ids = applicationIds?.map(cut) ?? marks.application.keys();',
        to: 'const ids = marks.application.keys();',
      },
    ],
  },
  {
    name: 'a second revocation of a Keycard session taken for a refusal',
    only: 'PATCH /zones/{z}/sessions/{id} of the user, by the guard',
    breakages: [
      {
        file: 'src/routes/session-api/keycard-end.ts',
        from: 'const NOT_FOUND_OR_CONFLICT = [404, 409, 410];',
        to: 'const NOT_FOUND_OR_CONFLICT = [404, 410];',
      },
      {
        file: 'src/routes/session-api/keycard-end.ts',
        from: "const isTwice = sent.method === 'PATCH' && root?.isActive === false;",
        to: 'const isTwice = false;',
      },
    ],
  },
  {
    name: 'a verification that takes every retry for recorded',
    only: 'POST /self-service/verification of nobody',
    breakages: [
      {
        file: 'src/routes/self-service/verification.ts',
        from: 'return settled.value ? UNCHANGED :',
        to: 'return settled.ok ? UNCHANGED :',
      },
    ],
  },
  {
    name: 'a logout on the page of sign-out without marks',
    only: 'POST /.postern/sign-out of Kratos',
    breakages: [
      {
        file: 'src/routes/self-service/browser-logout.ts',
        from: 'changes.make(plan.change, waitUntil) : plan.answer',
        to: 'plan.change.send() : plan.answer',
      },
    ],
  },
  {
    name: 'a sign-out of a token that leaves its session at Keycard',
    only: 'POST /.postern/sign-out of a Keycard token',
    breakages: [
      {
        file: 'src/routes/sign-in/endings.ts',
        from: "if (keycard === undefined || typeof id !== 'string')",
        to: "if (keycard !== undefined || typeof id !== 'string')",
      },
    ],
  },
];

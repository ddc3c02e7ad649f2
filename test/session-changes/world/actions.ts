import type { Action } from './action.ts';
import { FLOW_ACTIONS } from './flow-actions.ts';
import { KEYCARD_ACTIONS } from './keycard-actions.ts';
import { LOGOUT_ACTIONS, PAGE_ACTIONS, SESSION_ACTIONS } from './session-actions.ts';
import { SIGN_OUT_ACTIONS } from './sign-out-actions.ts';

export const ACTIONS: readonly Action[] = [
  ...SESSION_ACTIONS,
  ...LOGOUT_ACTIONS,
  ...PAGE_ACTIONS,
  ...SIGN_OUT_ACTIONS,
  ...FLOW_ACTIONS,
  ...KEYCARD_ACTIONS,
];

import { maskedToken } from './csrf.ts';
import type { Flow } from './flow.ts';
import { loginNodes } from './login-form.ts';
import { settingsNodes } from './settings-form.ts';
import { store } from './store.ts';
import { csrfNode, EMAIL_LABEL, input, label, submit, type UiNode } from './ui-nodes.ts';

/** The inputs of a flow's form, as `ui.nodes` has them; null is a form without any. */
export function formNodes(flow: Flow): readonly UiNode[] | null {
  const token = csrfNode(flow.type === 'browser' ? maskedToken(flow.csrfSecret) : '');
  const identity =
    flow.identityId === undefined ? undefined : store.identities.get(flow.identityId);
  switch (flow.kind) {
    case 'login': {
      const nodes = loginNodes(flow, identity);
      return nodes.length === 0 ? null : [token, ...nodes];
    }
    case 'settings':
      return [token, ...(identity ? settingsNodes(flow, identity) : [])];
    case 'registration':
      return [token, ...registrationNodes(flow)];
    case 'recovery':
      return [token, ...recoveryNodes(flow)];
    case 'verification':
      // Only a browser's form has the token here.
      return [...(flow.type === 'browser' ? [token] : []), ...verificationNodes(flow)];
  }
}

const CONTINUE = submit('code', 'code', label(1070009, 'Continue'));
const HIDDEN_METHOD = input('code', { name: 'method', type: 'hidden', value: 'code' });
const ASK_FOR_EMAIL = [
  input('code', { name: 'email', type: 'email', required: true }, label(1070007, 'Email')),
  CONTINUE,
];
const CODE = { name: 'code', type: 'text', required: true, autocomplete: 'one-time-code' } as const;

function recoveryNodes({ state, values }: Flow): UiNode[] {
  if (state === 'choose_method') return ASK_FOR_EMAIL;
  const attributes = { ...CODE, pattern: '[0-9]+', maxlength: 6 };
  const code = input('code', attributes, label(1070010, 'Recovery code'));
  return [code, HIDDEN_METHOD, CONTINUE, resend(values.email)];
}

function verificationNodes({ state, values }: Flow): UiNode[] {
  if (state === 'choose_method') return ASK_FOR_EMAIL;
  if (state === 'passed_challenge') return [];
  const code = input('code', CODE, label(1070011, 'Verification code'));
  return [HIDDEN_METHOD, code, CONTINUE, resend(values.email)];
}

/** The button that sends the code again, to the address it names. */
function resend(email = ''): UiNode {
  return input(
    'code',
    { name: 'email', type: 'submit', value: email },
    label(1070008, 'Resend code'),
  );
}

/** The first step asks for the traits, the second for a password (`selfservice/strategy/profile`). */
function registrationNodes({ values }: Flow): UiNode[] {
  const isSecondStep = values['traits.email'] !== undefined;
  const traits = [
    input(
      'default',
      {
        name: 'traits.email',
        type: 'email',
        ...typed(values['traits.email']),
        required: true,
        autocomplete: 'email',
      },
      EMAIL_LABEL,
    ),
    ...['traits.name.first', 'traits.name.last'].map((name) =>
      input('default', { name, type: 'text', ...typed(values[name]) }),
    ),
  ];
  if (!isSecondStep) return [...traits, submit('profile', 'profile', label(1040001, 'Sign up'))];
  const attributes = {
    name: 'password',
    type: 'password',
    required: true,
    autocomplete: 'new-password',
  } as const;
  const password = input('password', attributes, label(1070001, 'Password'));
  return [...traits, password, submit('password', 'password', label(1040001, 'Sign up'))];
}

export function typed(value: string | undefined): { value?: string } {
  return value === undefined ? {} : { value };
}

// No I/O, no clock.
import type { Flow } from './flow.ts';
import type { Identity } from './identity.ts';
import { EMAIL_LABEL, type InputNode, input, label, type Message, submit } from './ui-nodes.ts';

export const INVALID_CREDENTIALS: Message = {
  id: 4000006,
  text: 'The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.',
  type: 'error',
};
export const INVALID_TOTP: Message = {
  id: 4000008,
  text: 'The provided authentication code is invalid, please try again.',
  type: 'error',
};
export const NO_STRATEGY: Message = {
  id: 4010002,
  text: 'Could not find a strategy to log you in with. Did you fill out the form correctly?',
  type: 'error',
};
export const ACCOUNT_DISABLED: Message = {
  id: 4010011,
  text: 'This account has been disabled. Please contact support for assistance.',
  type: 'error',
};
const CONFIRM_IDENTITY = label(1010003, 'Please confirm this action by verifying that it is you.');
const SECOND_FACTOR = label(1010004, 'Please complete the second authentication challenge.');

/** The messages of a fresh form, before any error. */
export function openingMessages({
  refresh,
  requestedAal,
}: Pick<Flow, 'refresh' | 'requestedAal'>): Message[] {
  return [
    ...(refresh ? [CONFIRM_IDENTITY] : []),
    ...(requestedAal === 'aal2' ? [SECOND_FACTOR] : []),
  ];
}

/** The inputs of a sign-in: the second factor for aal2, where there is one, otherwise identifier and password. */
export function loginNodes(flow: Flow, identity: Identity | undefined): InputNode[] {
  if (flow.requestedAal === 'aal2') return identity?.totp ? totpNodes(flow) : [];
  return [
    flow.refresh && identity ? knownIdentifier(identity) : identifier(flow),
    input(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'current-password' },
      label(1070001, 'Password'),
    ),
    submit(
      'password',
      'password',
      flow.refresh ? label(1010001, 'Sign in') : label(1010022, 'Sign in with password'),
    ),
  ];
}

function identifier({ values }: Flow): InputNode {
  const value = values.identifier ?? '';
  return input('default', { name: 'identifier', type: 'text', value, required: true }, EMAIL_LABEL);
}

function knownIdentifier({ traits }: Identity): InputNode {
  const value = String(traits.email);
  return input('default', { name: 'identifier', type: 'hidden', value });
}

/** The code's value is empty at first, and absent in a form that is shown again. */
function totpNodes({ values }: Flow): InputNode[] {
  const value = 'totp_code' in values ? {} : { value: '' };
  return [
    input(
      'totp',
      { name: 'totp_code', type: 'text', ...value, required: true },
      label(1010006, 'Authentication code'),
    ),
    submit('totp', 'totp', label(1010009, 'Use Authenticator')),
  ];
}

// No I/O, no clock.
import type { Flow } from './flow.ts';
import type { Identity, JsonObject } from './identity.ts';
import { EMAIL_LABEL, input, label, type Message, submit, type UiNode } from './ui-nodes.ts';

const SAVE = label(1070003, 'Save');
/** One transparent pixel in the place of the QR code. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

export const SAVED: Message = {
  id: 1050001,
  text: 'Your changes have been saved!',
  type: 'success',
};

/** The inputs of a settings form: profile, password and authenticator app (`ui/node/node.go`). */
export function settingsNodes(flow: Flow, identity: Identity): UiNode[] {
  return [...profileNodes(flow, identity), ...passwordNodes(), ...totpNodes(flow, identity)];
}

function profileNodes({ values }: Flow, { traits }: Identity): UiNode[] {
  const isSentBack = Object.keys(values).length > 0;
  const shown = isSentBack ? values : flatTraits(traits);
  const email = shown['traits.email'];
  return [
    input(
      'profile',
      {
        name: 'traits.email',
        type: 'email',
        ...(email !== undefined && { value: email }),
        required: true,
        autocomplete: 'email',
      },
      EMAIL_LABEL,
      isSentBack && email !== undefined ? [invalidEmail(email)] : [],
    ),
    ...['traits.name.first', 'traits.name.last'].map((name) => {
      const value = shown[name];
      return input('profile', { name, type: 'text', ...(value !== undefined && { value }) });
    }),
    submit('profile', 'profile', SAVE),
  ];
}

function invalidEmail(value: string): Message {
  return { id: 4000040, text: 'Enter a valid email address', type: 'error', context: { value } };
}

function passwordNodes(): UiNode[] {
  return [
    input(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'new-password' },
      label(1070001, 'Password'),
    ),
    submit('password', 'password', SAVE),
  ];
}

function totpNodes({ id }: Flow, { totp }: Identity): UiNode[] {
  if (totp) {
    const attributes = { name: 'totp_unlink', type: 'submit', value: 'true' } as const;
    return [input('totp', attributes, label(1050004, 'Unlink TOTP Authenticator App'))];
  }
  const secret = secretOf(id);
  return [
    display(
      'img',
      { src: PIXEL, id: 'totp_qr', width: 256, height: 256, node_type: 'img' },
      QR_CODE,
    ),
    display(
      'text',
      {
        text: { id: 1050006, text: secret, type: 'info', context: { secret } },
        id: 'totp_secret_key',
        node_type: 'text',
      },
      SECRET,
    ),
    input(
      'totp',
      { name: 'totp_code', type: 'text', required: true },
      label(1070006, 'Verify code'),
    ),
    submit('totp', 'totp', SAVE),
  ];
}

const QR_CODE = label(1050005, 'Authenticator app QR code');
const SECRET = label(
  1050017,
  'This is your authenticator app secret. Use it if you can not scan the QR code.',
);

function display(type: 'img' | 'text', attributes: JsonObject, text: Message): UiNode {
  return { type, group: 'totp', attributes, messages: [], meta: { label: text } };
}

/** 32 letters of base32 that belong to a flow. */
function secretOf(flowId: string): string {
  const letters = 'ABCDEFGHIJKLMNOP';
  return flowId.replace(/-/g, '').replace(/./g, (digit) => letters.charAt(parseInt(digit, 16)));
}

/** `{ name: { first } }` as `traits.name.first`. */
export function flatTraits(traits: JsonObject, prefix = 'traits'): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === 'string') flat[`${prefix}.${name}`] = value;
    else if (typeof value === 'object' && value !== null) {
      // Traits are JSON: an object that is not null has members, or it is a list, which has none by name.
      Object.assign(flat, flatTraits(value as JsonObject, `${prefix}.${name}`));
    }
  }
  return flat;
}

// No I/O, no clock.
import type { JsonObject } from './identity.ts';

/** A message on a form; ids are Kratos's own (`text/id.go`). */
export interface Message {
  readonly id: number;
  readonly text: string;
  readonly type: 'info' | 'error' | 'success';
  readonly context?: JsonObject;
}

export interface InputAttributes {
  readonly name: string;
  readonly type: 'hidden' | 'text' | 'email' | 'password' | 'submit';
  readonly value?: string;
  readonly required?: true;
  readonly autocomplete?: string;
  readonly pattern?: string;
  readonly maxlength?: number;
  readonly disabled: false;
  readonly node_type: 'input';
}

/** One input of a form, in the shape the UI SDKs read (`ui/node/node.go`). */
export interface InputNode {
  readonly type: 'input';
  readonly group: string;
  readonly attributes: InputAttributes;
  readonly messages: readonly Message[];
  readonly meta: { readonly label?: Message };
}

/** A part of a form that takes no input: an image, a text. */
export interface DisplayNode {
  readonly type: 'img' | 'text';
  readonly group: string;
  readonly attributes: JsonObject;
  readonly messages: readonly Message[];
  readonly meta: { readonly label?: Message };
}

export type UiNode = InputNode | DisplayNode;

type GivenAttributes = Omit<InputAttributes, 'disabled' | 'node_type'>;

export function input(
  group: string,
  given: GivenAttributes,
  label?: Message,
  messages: readonly Message[] = [],
): InputNode {
  return {
    type: 'input',
    group,
    attributes: { ...given, disabled: false, node_type: 'input' },
    messages,
    meta: label ? { label } : {},
  };
}

/** A button that sends the form by a method. */
export function submit(group: string, method: string, label: Message): InputNode {
  return input(group, { name: 'method', type: 'submit', value: method }, label);
}

/** The hidden token against forged requests; empty in a flow that no browser began. */
export function csrfNode(token: string): InputNode {
  return input('default', { name: 'csrf_token', type: 'hidden', value: token, required: true });
}

export function label(id: number, text: string): Message {
  return { id, text, type: 'info' };
}

/** The label of the address, which the identity's schema gives. */
export const EMAIL_LABEL: Message = {
  ...label(1070002, 'E-Mail'),
  context: { name: 'traits.email', title: 'E-Mail' },
};

/** An error that has no message of its own, shown on the form (`text.NewValidationErrorGeneric`). */
export function genericError(reason: string): Message {
  return { id: 4000001, text: reason, type: 'error', context: { reason } };
}

import { formatGoTime } from './go-json.ts';
import type { JsonObject } from './identity.ts';
import type { AssuranceLevel } from './session.ts';

/** A message on a form; ids are Kratos's own (`text/id.go`). */
export interface Message {
  id: number;
  text: string;
  type: 'info' | 'error';
  context?: JsonObject;
}

/** A sign-in in progress. Times are milliseconds since the epoch. */
export interface LoginFlow {
  id: string;
  type: 'api' | 'browser';
  /** Empty for the api type, which has no cookie to protect. */
  csrfToken: string;
  issuedAt: number;
  expiresAt: number;
  requestUrl: string;
  returnTo: string | undefined;
  refresh: boolean;
  requestedAal: AssuranceLevel;
  active: string | undefined;
  identifier: string;
  messages: Message[];
  passed: boolean;
}

/** One input of a form, in the shape the UI SDKs read (`ui/node/node.go`). */
export interface UiNode {
  type: 'input';
  group: 'default' | 'password' | 'totp';
  attributes: {
    name: string;
    type: 'hidden' | 'text' | 'password' | 'submit';
    value?: string;
    required?: boolean;
    autocomplete?: string;
    disabled: false;
    node_type: 'input';
  };
  messages: Message[];
  meta: { label?: Message };
}

/** Kratos's default `selfservice.flows.login.lifespan`. */
export const LOGIN_LIFESPAN_MS = 60 * 60 * 1000;

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
  text: 'Could not find any strategy to log you in. Did you fill out the form correctly?',
  type: 'error',
};
const CONFIRM_IDENTITY: Message = {
  id: 1010003,
  text: 'Please confirm this action by verifying that it is you.',
  type: 'info',
};
const SECOND_FACTOR: Message = {
  id: 1010004,
  text: 'Please complete the second authentication challenge.',
  type: 'info',
};

/** The flow as `createNativeLoginFlow`, `getLoginFlow` and a failed submit answer it. */
export function loginFlowDocument(flow: LoginFlow, publicUrl: string): JsonObject {
  return {
    id: flow.id,
    type: flow.type,
    expires_at: formatGoTime(flow.expiresAt),
    issued_at: formatGoTime(flow.issuedAt),
    request_url: flow.requestUrl,
    return_to: flow.returnTo,
    active: flow.active,
    ui: {
      action: `${publicUrl}${loginActionPath(flow)}`,
      method: 'POST',
      nodes: loginNodes(flow),
      messages: flow.messages.length > 0 ? flow.messages : undefined,
    },
    created_at: formatGoTime(flow.issuedAt),
    updated_at: formatGoTime(flow.issuedAt),
    refresh: flow.refresh,
    requested_aal: flow.requestedAal,
    state: flow.passed ? 'passed_challenge' : 'choose_method',
  };
}

/** The URL that the form of a flow is sent to. */
export function loginActionPath(flow: LoginFlow): string {
  return `/self-service/login?flow=${flow.id}`;
}

/** The inputs of a flow's form: second factor for aal2, otherwise identifier and password. */
export function loginNodes(flow: LoginFlow): UiNode[] {
  const csrf = node('default', { name: 'csrf_token', type: 'hidden', value: flow.csrfToken });
  if (flow.requestedAal === 'aal2') return [csrf, ...totpNodes()];
  return [csrf, ...passwordNodes(flow.identifier)];
}

/** The messages of a fresh form, before any error. */
export function openingMessages({ refresh, requestedAal }: Partial<LoginFlow>): Message[] {
  if (requestedAal === 'aal2') return [SECOND_FACTOR];
  return refresh ? [CONFIRM_IDENTITY] : [];
}

function passwordNodes(identifier: string): UiNode[] {
  return [
    node('default', { name: 'identifier', type: 'text', value: identifier }, label(1070004, 'ID')),
    node(
      'password',
      { name: 'password', type: 'password', autocomplete: 'current-password' },
      label(1070001, 'Password'),
    ),
    node(
      'password',
      { name: 'method', type: 'submit', value: 'password' },
      label(1010022, 'Sign in with password'),
    ),
  ];
}

function totpNodes(): UiNode[] {
  return [
    node(
      'totp',
      { name: 'totp_code', type: 'text', value: '', autocomplete: 'one-time-code' },
      label(1010006, 'Authentication code'),
    ),
    node(
      'totp',
      { name: 'method', type: 'submit', value: 'totp' },
      label(1010009, 'Use Authenticator'),
    ),
  ];
}

type GivenAttributes = Pick<UiNode['attributes'], 'name' | 'type' | 'value' | 'autocomplete'>;

function node(group: UiNode['group'], given: GivenAttributes, text?: Message): UiNode {
  return {
    type: 'input',
    group,
    attributes: {
      ...given,
      ...(given.type === 'submit' ? {} : { required: true }),
      disabled: false,
      node_type: 'input',
    },
    messages: [],
    meta: text ? { label: text } : {},
  };
}

function label(id: number, text: string): Message {
  return { id, text, type: 'info' };
}

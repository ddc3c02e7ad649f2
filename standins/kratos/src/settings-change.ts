import type { Fields } from './fields.ts';
import type { Identity, JsonObject } from './identity.ts';
import { type SignedIn, store } from './store.ts';
import { DEMO_TOTP_CODE, withMethod } from './submit-login.ts';

const MIN_PASSWORD_LENGTH = 8;

/** Returns true if a change needs a fresh sign-in: it changes a credential or an identifier. */
export function isPrivileged({ method, ...fields }: Fields, { identity }: SignedIn): boolean {
  if (method !== 'profile') return true;
  const email = fields['traits.email'];
  return email?.includes('@') === true && email !== identity.traits.email;
}

/** Changes what is asked for. Returns whether it was a valid change. */
export function applyChange(request: Request, signedIn: SignedIn, fields: Fields): boolean {
  const { identity } = signedIn;
  identity.updatedAt = Date.now();
  switch (fields.method) {
    case 'profile':
      return changeProfile(identity, fields);
    case 'password':
      return changePassword(identity, fields.password ?? '');
    case 'totp':
      return changeTotp(request, signedIn, fields);
    default:
      return false;
  }
}

/** The traits are those submitted, whole. With `verify_new_address`, a new address waits until it is verified. */
function changeProfile(identity: Identity, fields: Fields): boolean {
  const traits = traitsOf(fields);
  if (typeof traits.email !== 'string' || !traits.email.includes('@')) return false;
  if (store.settings.verifiesNewAddress && traits.email !== identity.traits.email) {
    identity.pendingEmail = traits.email;
    identity.traits = { ...traits, email: identity.traits.email };
  } else identity.traits = traits;
  return true;
}

function changePassword(identity: Identity, password: string): boolean {
  if (password.length < MIN_PASSWORD_LENGTH) return false;
  identity.password = password;
  return true;
}

/** Enrolling proves the second factor too, so that the session has it from then on. */
function changeTotp(request: Request, signedIn: SignedIn, fields: Fields): boolean {
  const { identity, session } = signedIn;
  if (fields.totp_unlink === 'true') {
    identity.totp = false;
    return true;
  }
  if (identity.totp || fields.totp_code !== DEMO_TOTP_CODE) return false;
  identity.totp = true;
  const method = { method: 'totp', aal: 'aal2', completedAt: Date.now() } as const;
  const { methods, authenticatedAt } = withMethod(request, signedIn, method).session;
  session.methods = methods;
  session.authenticatedAt = authenticatedAt;
  return true;
}

/** The traits of a form: those of the schema that it names, and a name that may be empty. */
export function traitsOf(fields: Fields): JsonObject {
  const name: JsonObject = {};
  for (const part of ['last', 'first']) {
    const value = fields[`traits.name.${part}`];
    if (value !== undefined) name[part] = value;
  }
  return { name, email: fields['traits.email'] };
}

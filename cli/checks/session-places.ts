// Pure: no I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import { nearestWord } from '../spelling.ts';

/** The shape of a part of the session. `anything`: the operator, the person or a token decides. */
export type Shape =
  | 'text'
  | 'boolean'
  | 'anything'
  | { readonly [name: string]: Shape }
  | readonly [Shape];

const ADDRESS = {
  id: 'text',
  value: 'text',
  via: 'text',
  created_at: 'text',
  updated_at: 'text',
} as const;

/** Kratos's session as whoami answers it (`session.Session` and `identity.Identity`), without credentials and `metadata_admin`. */
const KRATOS_SESSION = {
  id: 'text',
  active: 'boolean',
  expires_at: 'text',
  authenticated_at: 'text',
  authenticator_assurance_level: 'text',
  authentication_methods: [
    {
      method: 'text',
      aal: 'text',
      completed_at: 'text',
      organization: 'text',
      provider: 'text',
      upstream_acr: 'text',
      upstream_amr: ['text'],
    },
  ],
  issued_at: 'text',
  identity: {
    id: 'text',
    external_id: 'text',
    schema_id: 'text',
    schema_url: 'text',
    state: 'text',
    state_changed_at: 'text',
    traits: 'anything',
    verifiable_addresses: [
      { ...ADDRESS, verified: 'boolean', status: 'text', verified_at: 'text' },
    ],
    recovery_addresses: [{ ...ADDRESS, break_glass_for_organization: 'text' }],
    metadata_public: 'anything',
    organization_id: 'text',
    region: 'text',
    created_at: 'text',
    updated_at: 'text',
  },
  devices: [{ id: 'text', ip_address: 'text', user_agent: 'text', location: 'text' }],
  /** Postern adds the issuer. */
  issuer: 'text',
} as const satisfies Shape;

/** Members that the session of a Keycard token has besides those of Kratos (`SessionUnion` of its `api/openapi.yaml`). */
const KEYCARD_SESSION = {
  session_type: 'text',
  user_id: 'text',
  application_id: 'text',
  provider_id: 'text',
  user_agent_id: 'text',
  subject: 'text',
  zone_id: 'text',
  status: 'text',
  session_data: 'anything',
} as const satisfies Shape;

/** The shape of the sessions that count in a configuration: the members of all kinds together. */
export function sessionShape({ ISSUERS }: Config): Shape {
  const hasTokens = ISSUERS.length > 0;
  const shape: Shape = hasTokens ? { ...KRATOS_SESSION, ...KEYCARD_SESSION } : KRATOS_SESSION;
  const places = ISSUERS.flatMap(({ session_fields: fields }) => Object.keys(fields));
  return places.reduce<Shape>((known, place) => withPlace(known, place.split('.')), shape);
}

/** Adds a place that a claim fills with a value of any shape. */
function withPlace(shape: Shape, [name, ...rest]: readonly string[]): Shape {
  if (name === undefined || shape === 'anything') return 'anything';
  const members = typeof shape === 'string' || isList(shape) ? {} : shape;
  return { ...members, [name]: withPlace(memberOf(members, name) ?? {}, rest) };
}

/** The first member of a place that no session has. */
export interface ImpossibleMember {
  readonly member: string;
  /** The place around it; empty for the session itself. */
  readonly within: string;
  /** The members that there are; empty if the value has none. */
  readonly known: readonly string[];
  readonly near: string | undefined;
}

/** Follows a place along a shape. Returns the shape there, or the first member that cannot exist. */
export function followPlace(
  shape: Shape,
  names: readonly (string | number)[],
): { readonly shape: Shape } | { readonly impossible: ImpossibleMember } {
  let at = shape;
  for (const [index, name] of names.entries()) {
    if (at === 'anything') return { shape: 'anything' };
    const next = isList(at)
      ? /^\d+$/.test(String(name))
        ? at[0]
        : undefined
      : memberOf(at, String(name));
    if (next === undefined) {
      const known = typeof at === 'string' ? [] : isList(at) ? ['0'] : Object.keys(at);
      const within = names.slice(0, index).join('.');
      return {
        impossible: { member: String(name), within, known, near: nearestWord(String(name), known) },
      };
    }
    at = next;
  }
  return { shape: at };
}

/** Says which member cannot exist, which there are, and which may be meant. */
export function describeImpossible(
  { member, within, known, near }: ImpossibleMember,
  prefix = '',
): string {
  const around = [prefix, within].filter((part) => part !== '').join('.');
  const where = around === '' ? 'a session' : around;
  const has =
    known.length === 0
      ? `${where} is a single value and has no members`
      : known[0] === '0'
        ? `${where} is a list; its items are 0, 1, …`
        : `${where} has ${known.join(', ')}`;
  const meant =
    near === undefined
      ? ''
      : ` Did you mean "${[around, near].filter((part) => part !== '').join('.')}"?`;
  return `no session has ${JSON.stringify(member)} there: ${has}.${meant}`;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function memberOf(shape: Shape, name: string): Shape | undefined {
  if (typeof shape === 'string' || isList(shape)) return undefined;
  return Object.hasOwn(shape, name) ? shape[name] : undefined;
}

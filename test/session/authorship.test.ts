import { describe, expect, it } from 'vitest';
import { isPersonsPlace } from '../../src/session/authorship.ts';

/** Members of Kratos's `session.Session` and `identity.Identity`, as whoami shows them. */
const STORE = [
  'id',
  'active',
  'expires_at',
  'authenticated_at',
  'authenticator_assurance_level',
  'authentication_methods',
  'authentication_methods.0.method',
  'issued_at',
  'identity.id',
  'identity.external_id',
  'identity.schema_id',
  'identity.state',
  'identity.metadata_public',
  'identity.metadata_public.roles.0',
  'identity.organization_id',
  'identity.verifiable_addresses.0.verified',
  'session_data.scope', // Keycard's
];
const PERSONS = [
  'identity.traits',
  'identity.traits.name.first',
  'identity.traits.metadata_public',
  'identity.verifiable_addresses.0.value',
  'identity.verifiable_addresses.0',
  'identity.recovery_addresses',
  'identity', // it holds the traits
  'devices.0.user_agent',
  'devices',
  'identity.metadata_publican',
  'idx',
  'a_member_of_a_later_version',
];

describe('isPersonsPlace()', () => {
  it.each(STORE)('%s is not written by the person', (path) =>
    expect(isPersonsPlace(path)).toBe(false),
  );
  it.each(PERSONS)('%s may be written by the person', (path) =>
    expect(isPersonsPlace(path)).toBe(true),
  );

  it('H19: follows the writer of the claim that filled a member, a part of it or its parent', () => {
    const issuer = { path: 'identity.traits.email', writer: 'issuer' } as const;
    const person = { path: 'identity.metadata_public.note', writer: 'person' } as const;
    const claimed = [issuer, person];
    expect(isPersonsPlace('identity.traits.email', claimed)).toBe(false);
    expect(isPersonsPlace('identity.traits.email.0', claimed)).toBe(false);
    expect(isPersonsPlace('identity.traits', claimed)).toBe(true);
    expect(isPersonsPlace('identity.traits.emails', claimed)).toBe(true);
    expect(isPersonsPlace('identity.metadata_public.note', claimed)).toBe(true);
    expect(isPersonsPlace('identity.metadata_public.note.0', claimed)).toBe(true);
    expect(isPersonsPlace('identity.metadata_public', claimed)).toBe(true);
    expect(isPersonsPlace('identity.metadata_public.plan', claimed)).toBe(false);
  });
});

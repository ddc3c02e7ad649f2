import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { followPlace, sessionShape } from '../../cli/checks/session-places.ts';
import { readConfig } from '../../src/config/config.ts';
import { inRepository } from '../support/repository.ts';

/** The members of a type of Ory's SDK. */
function membersOf(type: string): string[] {
  const path = `node_modules/@ory/client-fetch/dist/models/${type}.d.ts`;
  const text = readFileSync(inRepository(path), 'utf8');
  const [, body = ''] =
    new RegExp(`export interface ${type} \\{([\\s\\S]*?)\\n\\}`).exec(text) ?? [];
  return Array.from(body.matchAll(/^ {4}(\w+)\??: /gm), ([, name = '']) => name);
}

const config = readConfig({
  REVOCATION: 'off',
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
});
if (!config.ok) throw new Error(config.failure.join());
const shape = sessionShape(config.value);
const exists = (place: string) => 'shape' in followPlace(shape, place.split('.'));

describe('sessionShape()', () => {
  it.each([
    ['Session', '', ['tokenized']],
    // whoami leaves both out (`CopyWithoutCredentials`, and `metadata_admin` is for administrators).
    ['Identity', 'identity.', ['credentials', 'metadata_admin']],
    ['VerifiableIdentityAddress', 'identity.verifiable_addresses.0.', []],
    ['RecoveryIdentityAddress', 'identity.recovery_addresses.0.', []],
    ['SessionDevice', 'devices.0.', []],
    ['SessionAuthenticationMethod', 'authentication_methods.0.', []],
  ])('has the members of %s in the SDK of Ory', (type, prefix, without) => {
    const members = membersOf(type);
    expect(members.length).toBeGreaterThan(3);
    expect(members.filter((name) => !exists(`${prefix}${name}`)).sort()).toEqual(without);
  });

  it('has every place that Kratos was recorded to send', () => {
    const recorded = readFileSync(inRepository('docs/identity.md'), 'utf8');
    const places = Array.from(
      recorded.matchAll(/`((?:identity|devices|authentication_methods)\.[\w.]+)`/g),
      ([, place = '']) => place,
    );
    expect(places.length).toBeGreaterThan(3);
    expect(places.filter((place) => !exists(place))).toEqual([]);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NAMES } from '../../src/config/config.ts';
import { inRepository } from '../support/repository.ts';

const DIST = inRepository('dist');
const modules = readdirSync(DIST).filter((name) => name.endsWith('.js'));
const code = modules.map((name) => readFileSync(`${DIST}/${name}`, 'utf8')).join('\n');
/** Names of settings and headers that would turn a check off. */
const OFF_SWITCH =
  /\b(?:\w+[-_])?(?:test|testing|mock|fake|dummy|dev|debug|insecure|unsafe|skip|disable|bypass)[-_](?:mode|auth|verify|verification|check|checks|session|user|token|gate)\b/i;

describe('the deployed Worker', () => {
  it('control: its settings and headers are in its code', () => {
    for (const text of ['x-session-token', '/sessions/whoami', 'FRESH_SECONDS']) {
      expect(code).toContain(text);
    }
    for (const name of ['X-Test-Mode', 'SKIP_VERIFICATION', 'GATE_DISABLE_AUTH', 'test_user']) {
      expect(`"${name}"`).toMatch(OFF_SWITCH);
    }
  });

  it('has no name of a test mode', () => {
    expect(code.match(OFF_SWITCH)).toBeNull();
    const words = /TEST|MOCK|FAKE|SKIP|DISABLE|BYPASS|INSECURE/;
    expect(NAMES.filter((name) => words.test(name))).toEqual([]);
  });

  it('reads nothing that tells a test from production', () => {
    expect(code).not.toMatch(/NODE_ENV|process\.env|import\.meta\.env|VITEST|JEST_WORKER/);
  });

  it('contains nothing of postern/testing', () => {
    const source = readFileSync(inRepository('src/package/testing.ts'), 'utf8');
    const own = ['kratos.example.test', 'zone.example.test', 'createTestSessions', 'test-client'];
    for (const word of own) {
      expect(source).toContain(word);
      expect(code).not.toContain(word);
    }
  });
});

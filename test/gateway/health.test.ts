import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { inRepository } from '../support/repository.ts';

const { version: VERSION } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
const gate = await gateForAllTests({ kv: 'faulty' });

const ready = () => fetch(`${gate.url}/.postern/health/ready`);

describe('/.postern/health', () => {
  it('alive makes no calls', async () => {
    const answer = await fetch(`${gate.url}/.postern/health/alive`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok', version: VERSION }]);
    expect((await gate.kratos.calls()).requests).toEqual([]);
  });

  it('ready asks each part once for any number of concurrent requests, and caches the result briefly', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, ready));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const again = await ready();
    expect([again.status, await again.json()]).toEqual([200, { status: 'ok', version: VERSION }]);
    expect((await gate.kratos.calls()).counts).toEqual({ 'GET /health/ready': 1 });
  });

  it('ready names the parts that do not answer', async () => {
    await gate.kratos.control({ databaseFailing: true });
    await gate.kv.setMode({ get: 'throw' });
    await gate.clock.advance(6000);
    const answer = await ready();
    const { errors, version } = (await answer.json()) as {
      errors: Record<string, string>;
      version: string;
    };
    expect(version).toBe(VERSION);
    expect([answer.status, Object.keys(errors)]).toEqual([503, ['store', 'kv']]);
  });
});

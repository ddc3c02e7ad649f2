import { describe, expect, it } from 'vitest';
import { loadBroken } from './world/broken-build.ts';
import { interleave } from './world/interleave.ts';

const INTERLEAVINGS = 10_000;

async function outcomes(run: typeof interleave, count: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let seed = 0; seed < count; seed += 1) {
    const outcome = await run(seed);
    seen[outcome] = (seen[outcome] ?? 0) + 1;
  }
  return seen;
}

describe('C9: a check that races a revocation', { timeout: 120_000 }, () => {
  it(`is not cached as valid, in ${INTERLEAVINGS} interleavings`, async () => {
    expect(await outcomes(interleave, INTERLEAVINGS)).toEqual({ 'not-signed-in': INTERLEAVINGS });
  });

  it('control: would be cached if it were stamped with the log’s position at its end', async () => {
    const { interleave: broken } = await loadBroken<{ interleave: typeof interleave }>(
      'test/revocation/world/interleave.ts',
      [
        {
          file: 'src/sessions/store-checks.ts',
          from: 'const logPosition = revocation.position(); //',
          to: 'let logPosition = 0; //',
        },
        {
          file: 'src/sessions/store-checks.ts',
          from: '() => store.check(credential));\n',
          to: '() => store.check(credential)); logPosition = revocation.position();\n',
        },
      ],
    );
    expect((await outcomes(broken, 1000))['signed-in']).toBeGreaterThan(0);
  });
});

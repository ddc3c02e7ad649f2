import { describe, expect, it } from 'vitest';
import { errorResponse } from '../../../src/errors/error-response.ts';
import type { RouteRequest } from '../../../src/http/routes.ts';
import { noCounts } from '../../../src/revocation/isolate-counts.ts';
import { answerStatus, type StatusOptions } from '../../../src/routes/status/status.ts';
import { success } from '../../../src/runtime/result.ts';

const SITE = 'https://app.example.test';

/** An isolate as the log keeps it: name, data centre, age, and the counts in the order of `IsolateCounts`. */
function kept(index: number, counts: object = {}) {
  const name = index.toString(36).padStart(8, '0');
  const values = Object.values({ ...noCounts(), ...counts }).join(' ');
  return { sums: `${name} FRA 60000 ${values}`, sentMsAgo: 1000 };
}

async function page(isolates: readonly { sums: string; sentMsAgo: number }[]): Promise<string> {
  const url = new URL('/.postern/status', SITE);
  const options: Partial<StatusOptions> = {
    guard: { check: async () => success(undefined) },
    secrets: [],
    hosts: { siteOf: () => SITE, publicUrl: SITE },
    openLogStatus: () => ({ status: async () => ({ position: 0, marks: 0, isolates }) }),
    lagMs: 5000,
    errorShape: errorResponse,
    appearance: {},
    reporting: { log: () => undefined, now: () => 0 },
  };
  const received = {
    request: new Request(url),
    target: { method: 'GET', host: url.host, path: url.pathname },
  };
  // only the members that this route reads
  const response = await answerStatus(received as RouteRequest, options as StatusOptions);
  return (await response.text())
    .replace(/<style>[\s\S]*?<\/style>|<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the status page', () => {
  it('states shares of the sum of all isolates, with one decimal', async () => {
    const text = await page([kept(1, { memory: 2 }), kept(2, { store: 1 }), kept(3)]);
    expect(text).toContain('Memory of the isolate 2 (66.7 %)');
    expect(text).toContain('Session store 1 (33.3 %)');
    expect(text).toContain('KV 0 (0.0 %)');
  });

  // docs/status.md: the log keeps 1,000 isolates at most.
  it.each([
    [3, false],
    [999, false],
    [1000, true],
  ])(
    'with %i isolates, says whether there may be more than the log keeps: %s',
    async (count, isSaid) => {
      const text = await page(Array.from({ length: count }, (_, index) => kept(index)));
      expect(text.includes('more isolates than the log keeps')).toBe(isSaid);
      expect(text).toContain(`the last sums of ${count.toLocaleString('en')} isolates`);
    },
  );
});

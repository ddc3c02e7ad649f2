import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CONNECTIONS, hasWrk, sendLoad } from '../../bench/load.ts';

test.skipIf(!hasWrk())(
  'sendLoad() sends the lines of a file in turn, and ends after as many answers',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-load-'));
    const file = join(folder, 'lines');
    writeFileSync(file, 'first\nsecond\nthird\n');
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers['x-line']);
      response.end('ok');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo; // it listens at a port
      const varying = { header: 'X-Line', file, most: 60 };
      const { requests } = await sendLoad({ port, path: '/', varying }, 2);
      expect(requests).toBeGreaterThanOrEqual(60);
      expect(requests).toBeLessThan(60 + CONNECTIONS);
      expect(seen.filter((line) => line === 'third').length).toBeGreaterThanOrEqual(20);
      expect(new Set(seen)).toEqual(new Set(['first', 'second', 'third']));
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  },
);

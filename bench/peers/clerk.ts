/** Clerk's SDK in a Worker, which verifies each token without a call. */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorker } from '../../test/support/bundle-worker.ts';
import { inRepository } from '../../test/support/repository.ts';
import { createFixtures } from '../fixtures.ts';
import { gatedByToken } from './peers.ts';
import type { WorkerPeer } from './worker-peers.ts';

const PACKAGE = '@clerk/backend';

/** `folder`: where the package is installed. The repository does not depend on it. */
export function clerkPeer(folder = process.env.CLERK_BACKEND): WorkerPeer {
  const modules = join(folder ?? '', 'node_modules');
  const description = join(modules, PACKAGE, 'package.json');
  const isThere = folder !== undefined && existsSync(description);
  return {
    id: 'clerk',
    name: 'a Worker with `@clerk/backend`, without network (RS256)',
    missing: isThere
      ? undefined
      : `${PACKAGE} is not installed: npm install ${PACKAGE} in a folder of its own, and name the folder in CLERK_BACKEND`,
    version: isThere ? `${PACKAGE} ${versionIn(description)}` : '',
    async deploy() {
      const fixtures = await createFixtures(Date.now(), 'RS256'); // the only algorithm of Clerk
      const pem = createPublicKey({ key: fixtures.issuer.publicJwk, format: 'jwk' }).export({
        type: 'spki',
        format: 'pem',
      });
      const settings = {
        jwtKey: String(pem),
        publishableKey: `pk_test_${btoa('clerk.example.com$')}`,
        secretKey: 'sk_test_of_the_benchmark',
      };
      return {
        workers: [
          {
            name: 'clerk-gate',
            code: await bundleWorker(inRepository('bench/workers/clerk-gate.js'), [modules]),
            bindings: { ORIGIN: { service: 'origin' }, CLERK: { json: settings } },
            isTarget: true,
          },
        ],
        requests: (at) => ({
          'gate by JWT': gatedByToken(at('clerk-gate'), 'x-user-id', fixtures),
        }),
      };
    },
  };
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version; // as npm wrote it
}

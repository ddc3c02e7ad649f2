/** Clerk's SDK in a Worker, which verifies each token without a call. */
import { createPublicKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorker } from '../../test/support/bundle-worker.ts';
import { inRepository } from '../../test/support/repository.ts';
import type { TestIssuer } from '../../test/support/token-issuer.ts';
import { createFixtures } from '../fixtures.ts';
import { gatedByToken, type Peer } from './peers.ts';
import { workerPeer } from './worker-peer.ts';

const PACKAGE = '@clerk/backend';

/** `folder`: where the package is installed. The repository does not depend on it. */
export function clerkPeers(folder = process.env.CLERK_BACKEND): Peer[] {
  return [
    clerkPeer(folder, 'clerk-gate', 'a Worker with Clerk’s `authenticateRequest()` (RS256)'),
    clerkPeer(folder, 'clerk-verify', 'a Worker with Clerk’s `verifyToken()` (RS256)'),
  ];
}

function clerkPeer(folder: string | undefined, script: string, name: string): Peer {
  const modules = join(folder ?? '', 'node_modules');
  const description = join(modules, PACKAGE, 'package.json');
  const isThere = folder !== undefined && existsSync(description);
  return workerPeer({
    id: script,
    name,
    missing: isThere
      ? undefined
      : `${PACKAGE} is not installed: npm install ${PACKAGE} in a folder of its own, and name the folder in CLERK_BACKEND`,
    version: isThere ? `${PACKAGE} ${versionIn(description)}` : '',
    async deploy() {
      const fixtures = await createFixtures(Date.now(), 'RS256'); // the only algorithm of Clerk
      const code = await bundleWorker(inRepository(`bench/workers/${script}.js`), [modules]);
      const bindings = {
        ORIGIN: { service: 'origin' },
        CLERK: { json: clerkSettings(fixtures.issuer) },
      };
      return {
        workers: [{ name: script, code, bindings, isTarget: true }],
        requests: (at) => ({ 'gate by JWT': gatedByToken(at(script), 'x-user-id', fixtures) }),
      };
    },
  });
}

/** Settings of an instance of Clerk that verifies by its public key, and so asks nobody. */
function clerkSettings({ publicJwk }: TestIssuer): object {
  const key = createPublicKey({ key: publicJwk, format: 'jwk' });
  return {
    jwtKey: key.export({ type: 'spki', format: 'pem' }),
    publishableKey: `pk_test_${btoa('clerk.example.com$')}`,
    secretKey: 'sk_test_of_the_benchmark',
  };
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version; // as npm wrote it
}

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { expectWholeVisit, runClient, startSite, VISIT_TIMEOUT_MS } from './visit.ts';

/** The first line of `java --version`, where there is a JDK: a runtime alone cannot launch a source file (JEP 330). */
function findJdk(): string | undefined {
  const { status, stdout } = spawnSync('java', ['--list-modules'], { encoding: 'utf8' });
  const modules = status === 0 ? stdout : '';
  if (!/^jdk\.compiler\b/m.test(modules) || !/^java\.net\.http\b/m.test(modules)) return undefined;
  const version = spawnSync('java', ['--version'], { encoding: 'utf8' }).stdout;
  return version.split('\n', 1)[0];
}

const JDK = findJdk();

describe.skipIf(JDK === undefined)(
  JDK === undefined
    ? 'skipped: no JDK 11 or newer on the PATH (apt-get install default-jdk-headless)'
    : `java.net.http of ${JDK}`,
  () => {
    // With HTTP/2, its default, the first request offers to upgrade (h2c).
    it.each(['HTTP_1_1', 'HTTP_2'])(
      'O14: signs in, passes the gate, asks whoami and opens a WebSocket (%s)',
      async (version) => {
        await using gate = await startSite();
        const program = inRepository('test/clients/JavaVisit.java');
        const visit = await runClient('java', [program, gate.url, version]);
        // This client is special because it sends cookies as in RFC 2965, and Content-Length: 0 on every GET.
        expect(visit.cookie).toMatch(/^\$Version="1"; .*; ory_kratos_session=[\w-]+=+$/);
        await expectWholeVisit(visit, gate);
      },
      VISIT_TIMEOUT_MS,
    );
  },
);

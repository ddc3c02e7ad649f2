/** Ory's Python SDK, in a process of its own that makes one call after another. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { inRepository } from '../../support/repository.ts';
import type { Sdk, SdkAnswer, SdkCall, Target } from './sdk.ts';

const PROGRAM = inRepository('test/clients/ory/ory_client_calls.py');

/** The first Python that has the package; `.ci/run` names one. */
export const PYTHON = [process.env.POSTERN_PYTHON, 'python3'].find(
  (program) =>
    program !== undefined && spawnSync(program, ['-c', 'import ory_client']).status === 0,
);

/** Starts the process. Each call rejects when the process ends without an answer. */
export function openPythonSdk(python: string, target: Target): Sdk {
  const { publicUrl, adminUrl, adminSecret } = target;
  const child = spawn(python, [PROGRAM, publicUrl, adminUrl, adminSecret], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    has: () => true, // the version in requirements.txt has them all
    async call(call: SdkCall): Promise<SdkAnswer> {
      child.stdin.write(`${JSON.stringify(call)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${call.method}: the Python process has ended`);
      const answer = JSON.parse(value) as SdkAnswer; // as the program writes it
      return { ...answer, body: answer.body ?? undefined };
    },
    async close() {
      child.stdin.end();
      await lines.return?.();
    },
  };
}

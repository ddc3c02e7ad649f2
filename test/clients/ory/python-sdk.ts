/** Ory's Python SDK, in a process of its own that makes one call after another. */
import { inRepository } from '../../support/repository.ts';
import { findPython, openPython } from '../python.ts';
import type { Sdk, SdkAnswer, SdkCall, Target } from './sdk.ts';

const PROGRAM = inRepository('test/clients/ory/ory_client_calls.py');

export const PYTHON = findPython('ory_client');

/** Starts the process. Each call rejects when the process ends without an answer. */
export function openPythonSdk(python: string, target: Target): Sdk {
  const { publicUrl, adminUrl, adminSecret } = target;
  const program = openPython(python, [PROGRAM, publicUrl, adminUrl, adminSecret]);
  return {
    has: () => true, // the version in requirements.txt has them all
    async call(call: SdkCall): Promise<SdkAnswer> {
      const answer = (await program.ask(call)) as SdkAnswer; // as the program writes it
      return { ...answer, body: answer.body ?? undefined };
    },
    close: () => program.close(),
  };
}

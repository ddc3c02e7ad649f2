/** Python programs that answer one line after another. `.ci/run` names a Python that has all packages. */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Returns the first Python that has the module. */
export function findPython(module: string): string | undefined {
  return [process.env.POSTERN_PYTHON, 'python3'].find(
    (program) =>
      program !== undefined && spawnSync(program, ['-c', `import ${module}`]).status === 0,
  );
}

export interface PythonProgram {
  /** Writes a line of JSON, and reads the line that answers it. Rejects if the process ends without an answer. */
  ask(question: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a program. The end of its input ends it. */
export function openPython(python: string, args: readonly string[]): PythonProgram {
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${JSON.stringify(question)}: the Python process has ended`);
      return JSON.parse(value);
    },
    async close() {
      child.stdin.end();
      await lines.return?.();
    },
  };
}

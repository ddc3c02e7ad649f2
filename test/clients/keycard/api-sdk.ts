/** Keycard's Python SDK, in a process of its own that makes one call after another. */
import { inRepository } from '../../support/repository.ts';
import { findPython, openPython } from '../python.ts';

const PROGRAM = inRepository('test/clients/keycard/keycard_api_calls.py');

export const API_PYTHON = findPython('keycardai_api');

/** One of the ways in which the SDK makes a call. */
export interface Way {
  readonly client: 'sync' | 'async';
  readonly via: 'plain' | 'raw' | 'streaming';
}

export const WAYS: readonly Way[] = (['sync', 'async'] as const).flatMap((client) =>
  (['plain', 'raw', 'streaming'] as const).map((via) => ({ client, via })),
);

export type Parameters = Readonly<Record<string, unknown>>;

/** A call of `client.zones.sessions`. */
export interface ApiSdkCall extends Way {
  readonly method: string;
  readonly parameters: Parameters;
  readonly api_key: string;
  readonly max_retries: number;
}

/** The result of a call or its error, as the SDK gives it. */
export interface ApiSdkAnswer {
  readonly result?: {
    readonly type: string;
    readonly items: readonly string[];
    readonly document: unknown;
  } | null;
  /** The class of the error. */
  readonly error?: string;
  readonly message?: string;
  readonly body?: unknown;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly retries?: number;
}

export interface ApiSdk {
  call(call: ApiSdkCall): Promise<ApiSdkAnswer>;
  /** The parameters of each session method. */
  methods(): Promise<Readonly<Record<string, readonly string[]>>>;
  close(): Promise<void>;
}

export function openApiSdk(python: string, baseUrl: string): ApiSdk {
  const program = openPython(python, [PROGRAM, baseUrl]);
  return {
    // The answers are as the program writes them.
    call: async (call) => (await program.ask(call)) as ApiSdkAnswer,
    methods: async () => (await program.ask({})) as Record<string, string[]>,
    close: () => program.close(),
  };
}

import { CallLog } from '../../recording/src/call-log.ts';
import type { IssuedCode } from './authorization-code.ts';
import type { Client } from './clients.ts';
import type { Grant } from './issue-tokens.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import type { RecordedExchange } from './token-exchange.ts';

/** Everything the stand-in knows besides its keys, in the isolate's memory: gone when the isolate is. */
export const store: {
  settings: Settings;
  readonly calls: CallLog;
  readonly clients: Map<string, Client>;
  readonly refreshTokens: Map<string, { readonly grant: Grant; isUsed: boolean }>;
  readonly codes: Map<string, IssuedCode>;
  /** The exchanges that authenticated clients asked for, the oldest first. */
  exchanges: RecordedExchange[];
} = {
  settings: DEFAULT_SETTINGS,
  calls: new CallLog(),
  clients: new Map(),
  refreshTokens: new Map(),
  codes: new Map(),
  exchanges: [],
};

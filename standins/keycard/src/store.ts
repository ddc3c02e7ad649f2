import { CallLog } from '../../recording/src/call-log.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';

/** Everything the stand-in knows besides its keys, in the isolate's memory: gone when the isolate is. */
export const store: { settings: Settings; readonly calls: CallLog } = {
  settings: DEFAULT_SETTINGS,
  calls: new CallLog(),
};

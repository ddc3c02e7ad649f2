import type { Config } from '../../config/config.ts';
import type { Anchor } from '../../whoami/single-flight.ts';
import type { Revocation } from '../revocation.ts';
import { createIntakeLog } from './intake-log.ts';
import { createWebhookIntake } from './webhook.ts';

/** Takes in one message. */
export type Intake = (request: Request, anchor: Anchor) => Promise<Response>;

/** The routes on which others say that sessions ended, by path; those without their settings do not exist. */
export function createConfiguredIntakes(
  config: Config,
  { now, write }: { readonly now: () => number; readonly write: (line: string) => void },
  { writer }: Revocation,
): Readonly<Record<string, Intake>> {
  if (writer === undefined) return {};
  const { WEBHOOK_SECRETS: secrets, WEBHOOK_API_KEYS: apiKeys } = config;
  const options = { writer, log: createIntakeLog(write), now };
  const hasWebhook = secrets.length > 0 || apiKeys.length > 0;
  return {
    ...(hasWebhook && {
      '/.postern/events/webhook': createWebhookIntake({ ...options, secrets, apiKeys }),
    }),
  };
}

import type { Config } from '../config/config.ts';
import { mayNameByExternalId } from '../config/issuer-settings.ts';
import type { LogWriter } from '../revocation/log-writer.ts';
import { createBackchannelLogout } from '../routes/events/backchannel-logout.ts';
import { EventIssuers } from '../routes/events/event-issuers.ts';
import type { TracesOptions } from '../routes/events/kratos-traces.ts';
import { Recorder } from '../routes/events/recorder.ts';
import { createSecurityEvents } from '../routes/events/security-events.ts';
import { createWebhookReceiver } from '../routes/events/webhook.ts';
import type { Report } from '../runtime/report.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ReadNames } from '../session/identity-names.ts';
import type { TrustedIssuer } from '../tokens/trusted-issuer.ts';

/** Receives one event message. */
export type EventReceiver = (request: Request, waitUntil: WaitUntil) => Promise<Response>;

export interface ReceiverDependencies {
  /** `undefined`: no log is kept, and there are no receivers. */
  readonly writer: LogWriter | undefined;
  /** The issuers whose keys verify events. */
  readonly issuers: readonly TrustedIssuer[];
  /**
   * Reads the other names of people that tokens may use. `undefined` if tokens use no other name, or if Kratos's
   * admin API is not configured.
   */
  readonly readNames: ReadNames | undefined;
  readonly now: () => number;
  readonly report: Report;
}

/** Makes the routes for events about ended sessions, by path. A route whose settings are missing does not exist. */
export function createEventReceivers(
  config: Config,
  { writer, issuers, readNames, now, report }: ReceiverDependencies,
): Readonly<Record<string, EventReceiver>> {
  if (writer === undefined) return {};
  const issuersOfNames = config.ISSUERS.filter(mayNameByExternalId).map(({ issuer }) => issuer);
  const recorder = new Recorder({ writer, readNames, issuersOfNames });
  const options = { recorder, report, now };
  const { WEBHOOK_SECRETS: secrets, WEBHOOK_API_KEYS: apiKeys } = config;
  const keysOf = (name: string) => issuers.find(({ issuer }) => issuer === name)?.keys;
  const senders = { ...options, issuers: new EventIssuers(config.ISSUERS, keysOf) };
  return {
    ...((secrets.length > 0 || apiKeys.length > 0) && {
      '/.postern/events/webhook': createWebhookReceiver({ ...options, secrets, apiKeys }),
    }),
    ...(apiKeys.length > 0 && {
      '/.postern/events/otlp/v1/traces': receiveTraces({ ...options, apiKeys }),
    }),
    ...(senders.issuers.size > 0 && {
      '/.postern/events/backchannel-logout': createBackchannelLogout(senders),
      '/.postern/events/security-events': createSecurityEvents(senders),
    }),
  };
}

/** Makes the receiver of Kratos's traces. Its module is loaded by the first message. */
function receiveTraces(options: TracesOptions): EventReceiver {
  let receive: EventReceiver | undefined;
  return async (request, waitUntil) => {
    if (receive === undefined) {
      const { createTracesReceiver } = await import('../routes/events/kratos-traces.ts');
      receive ??= createTracesReceiver(options);
    }
    return receive(request, waitUntil);
  };
}

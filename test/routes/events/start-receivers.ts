import type { LogWriter } from '../../../src/revocation/log-writer.ts';
import type { Mark } from '../../../src/revocation/mark.ts';
import { createBackchannelLogout } from '../../../src/routes/events/backchannel-logout.ts';
import { EventIssuers } from '../../../src/routes/events/event-issuers.ts';
import { Recorder } from '../../../src/routes/events/recorder.ts';
import { createSecurityEvents } from '../../../src/routes/events/security-events.ts';
import type { OperatorEvent } from '../../../src/runtime/report.ts';
import type { IssuerKeys } from '../../../src/tokens/issuer-keys.ts';
import { findKey, importKeys, readKeySet } from '../../../src/tokens/key-set.ts';
import { createEventSigner } from '../../support/event-signer.ts';

export const NOW = 1_700_000_000_000;
export const ISSUER = 'https://issuer.example.test';

type Once = Parameters<LogWriter['record']>[1];

/** The intakes for events that an issuer signs, in front of a log that answers as told. */
export async function startIntakes() {
  const signer = await createEventSigner('events');
  const set = readKeySet({ keys: [JSON.parse(JSON.stringify(signer.publicJwk))] }, ['ES256']);
  const imported = set.ok ? await importKeys(set.value) : [];
  const world = {
    now: NOW,
    outcome: 'recorded' as Awaited<ReturnType<LogWriter['record']>>,
    areKeysThere: true,
    recorded: [] as { readonly marks: readonly Mark[]; readonly once: Once }[],
    lines: [] as OperatorEvent[],
  };
  const keys: IssuerKeys = {
    isReady: async () => world.areKeysThere,
    find: async (wanted) => {
      if (!world.areKeysThere)
        return { kind: 'unavailable', detail: 'keys-503', retryAfterSeconds: undefined };
      const key = findKey(imported, wanted);
      return key === undefined ? { kind: 'unknown-key' } : { kind: 'key', key };
    },
  };
  const settings = {
    issuer: ISSUER,
    preset: 'keycard' as const,
    audience: ['postern'],
    event_audience: ['postern-events'],
    algorithms: ['ES256' as const],
    allow_other_origin: false,
    required_claims: [],
    marker_claims: {},
    clock_tolerance_seconds: 5,
    max_lifetime_seconds: 86_400,
    session_fields: {},
    trusted_claims: [],
    keys: undefined,
  };
  const options = {
    issuers: new EventIssuers([settings], () => keys),
    recorder: new Recorder({
      writer: {
        record: async (marks, once) => {
          world.recorded.push({ marks, once });
          return world.outcome;
        },
      },
      readNames: undefined,
      issuersOfNames: [],
    }),
    report: (event: OperatorEvent) => void world.lines.push(event),
    now: () => world.now,
  };
  const intakes = {
    'backchannel-logout': createBackchannelLogout(options),
    'security-events': createSecurityEvents(options),
  };
  const send = async (which: keyof typeof intakes, type: string, body: string) => {
    const url = `https://app.example.test/.postern/events/${which}`;
    const headers = { 'content-type': type };
    const answer = await intakes[which](
      new Request(url, { method: 'POST', body, headers }),
      () => {},
    );
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  };
  return { world, signer, send };
}

import { describe, expect, it } from 'vitest';
import { createEventReceivers } from '../../src/app/compose-events.ts';
import { createConfiguredRevocation } from '../../src/app/compose-revocation.ts';
import { readConfig } from '../../src/config/config.ts';
import { LOG_START } from '../../src/revocation/log-protocol.ts';
import { NO_REVOCATION_LOG } from '../../src/revocation/revocation-view.ts';
import type { OperatorEvent, Report } from '../../src/runtime/report.ts';

const NOW = 1_700_000_000_000;
const SECRET = 'a-secret-of-thirty-two-characters-or-more';

/** Returns the result of these settings, with a log bound or without, and the lines for the site's own log. */
function configured(settings: object = {}, { isBound = true } = {}) {
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    REVOCATIONS: {},
    ...settings,
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const reported: OperatorEvent[] = [];
  const report: Report = (event) => void reported.push(event);
  const openLog = () => expect.fail('nothing is read or written here');
  const revocation = createConfiguredRevocation(config.value, {
    openLog: isBound ? openLog : undefined,
    now: () => NOW,
    report,
  });
  const intakes = createEventReceivers(config.value, {
    writer: revocation.writer,
    issuers: [],
    readNames: undefined,
    now: () => NOW,
    report,
  });
  return { revocation, reported, paths: Object.keys(intakes) };
}

describe('createConfiguredRevocation()', () => {
  it('keeps a log if one is bound, with the configured lag', () => {
    const { revocation, reported } = configured({ REVOCATION_LAG_SECONDS: '3' });
    expect([revocation.writer === undefined, revocation.view.lagMs]).toEqual([false, 3000]);
    expect(reported).toEqual([]);
  });

  it.each([
    ['it is switched off', { REVOCATION: 'off' }, true],
    ['the binding is missing', {}, false],
  ])('keeps no log if %s, and reports that', (_, settings, isBound) => {
    const { revocation, reported } = configured({ ...settings, FRESH_SECONDS: '20' }, { isBound });
    expect([revocation.writer, revocation.view]).toEqual([undefined, NO_REVOCATION_LOG]);
    expect(reported).toEqual([
      { event: 'revocation-off', message: expect.any(String), freshSeconds: 20 },
    ]);
  });
});

describe('createEventReceivers()', () => {
  const WEBHOOK = '/.postern/events/webhook';

  it.each([
    [{}, []],
    [{ WEBHOOK_SECRETS: [SECRET] }, [WEBHOOK]],
    [{ WEBHOOK_API_KEYS: [SECRET] }, [WEBHOOK, '/.postern/events/otlp/v1/traces']],
  ])('has the routes whose settings exist: %j', (settings, paths) => {
    expect(configured(settings).paths).toEqual(paths);
    expect(configured({ ...settings, REVOCATION: 'off' }).paths).toEqual([]);
  });
});

describe('NO_REVOCATION_LOG', () => {
  it('has no marks, confirms every check and never waits', () => {
    const view = NO_REVOCATION_LOG;
    const subject = { sessionId: 's', identityId: 'i' };
    expect([view.position(), view.lastMark(subject), view.tokensDeniedUntil(subject)]).toEqual([
      LOG_START,
      LOG_START,
      0,
    ]);
    expect([view.trustedSince(NOW), view.lagMs]).toEqual([0, Infinity]);
    expect([view.refresh(NOW, () => {}), view.firstRefusalLagMs(subject, NOW)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

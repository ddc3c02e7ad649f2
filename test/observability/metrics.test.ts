import { describe, expect, it } from 'vitest';
import { createDecisionLog, type Decision } from '../../src/observability/decision-log.ts';
import { createMetrics, type DataPoint } from '../../src/observability/metrics.ts';
import type { OperatorEvent } from '../../src/runtime/report.ts';

const DECISION: Decision = {
  route: 'gate',
  outcome: 'deny',
  status: 401,
  method: 'GET',
  path: '/account/canary-path',
  rule: 'RULES.3',
  reason: 'session_inactive',
  detail: 'canary-detail',
  tier: 'memory',
  ageSeconds: 12,
  revocation_lag_ms: 0,
  fault: 'store-503',
  sessionId: 'canary-session',
  identityId: 'canary-identity',
  durationMs: 7,
};

function createDataset() {
  const points: DataPoint[] = [];
  return { points, writeDataPoint: (point: DataPoint) => void points.push(point) };
}

describe('createMetrics()', () => {
  it('L6: writes values from small sets, and no ids, paths, details or methods', () => {
    const dataset = createDataset();
    createMetrics(dataset)(DECISION);
    expect(dataset.points).toEqual([
      {
        indexes: ['gate'],
        blobs: ['gate', 'deny', 'session_inactive', 'RULES.3', 'memory', 'store-503'],
        doubles: [401, 7, 12, 0],
      },
    ]);
    expect(JSON.stringify(dataset.points)).not.toContain('canary');
  });

  it('keeps every column in its place if a value is missing', () => {
    const dataset = createDataset();
    const { route, outcome, status, method, durationMs } = DECISION;
    createMetrics(dataset)({ route, outcome, status, method, durationMs });
    expect(dataset.points).toEqual([
      { indexes: ['gate'], blobs: ['gate', 'deny', '', '', '', ''], doubles: [401, 7, 0, -1] },
    ]);
  });

  it('survives a dataset that refuses further points', () => {
    const writeDataPoint = () => {
      throw new Error('Cannot write more than 250 data points per invocation');
    };
    expect(() => createMetrics({ writeDataPoint })(DECISION)).not.toThrow();
  });
});

const REQUEST = { headers: new Headers() };

describe('createDecisionLog()', () => {
  it.each([
    ['all', 'deny', 1],
    ['all', 'pass', 1],
    ['refused', 'deny', 1],
    ['refused', 'pass', 0],
    ['none', 'deny', 0],
    ['none', 'pass', 0],
  ] as const)('%s: %s is written %i times and counted once', (level, outcome, lines) => {
    const written: OperatorEvent[] = [];
    const counted: Decision[] = [];
    const log = createDecisionLog(
      level,
      (event) => written.push(event),
      (decision) => counted.push(decision),
    );
    log(REQUEST, () => ({ ...DECISION, outcome }));
    expect([written.length, counted.length]).toEqual([lines, 1]);
  });

  it('computes no fields if the entry is neither written nor counted', () => {
    const log = createDecisionLog('none', () => expect.fail('nothing is to be written'));
    log(REQUEST, () => expect.fail('nothing is to be told'));
  });
});

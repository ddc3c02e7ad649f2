import { expect, test } from 'vitest';
import { readWrkReport } from '../../bench/wrk-report.ts';

const REPORT = `Running 2s test @ http://127.0.0.1:40123/account
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.81ms    1.03ms  22.15ms   91.30%
    Req/Sec     5.77k   320.13     6.21k    70.00%
  Latency Distribution
     50%  950.00us
     75%    3.10ms
     90%    3.55ms
     99%    1.02s
  11489 requests in 2.00s, 13.55MB read
Requests/sec:   5742.91
Transfer/sec:      6.77MB
`;
const REFUSED = REPORT.replace('Requests/sec', '  Non-2xx or 3xx responses: 17\nRequests/sec');

test("readWrkReport() reads requests, speed and latencies of any of wrk's units in milliseconds", () => {
  expect(readWrkReport(REPORT)).toEqual({
    requests: 11_489,
    requestsPerSecond: 5742.91,
    p50Millis: expect.closeTo(0.95),
    p99Millis: 1020,
    refused: 0,
  });
});

test('readWrkReport() counts the answers without success', () => {
  expect(readWrkReport(REFUSED).refused).toBe(17);
});

test('readWrkReport() throws on text that is no report, on a report of no requests, and on failed connections', () => {
  expect(() => readWrkReport('unable to connect')).toThrow('unable to connect');
  expect(() => readWrkReport(REPORT.replace('11489 requests', '0 requests'))).toThrow('no request');
  const failed = `${REPORT}  Socket errors: connect 0, read 3, write 0, timeout 0\n`;
  expect(() => readWrkReport(failed)).toThrow('read 3');
});

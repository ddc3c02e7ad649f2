import { expect, it } from 'vitest';
import { isInHono } from '../support/composition.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, rawRequest } from '../support/raw-http.ts';

it('control: the gate of these tests is inside of a Hono app, if the variable says so', async () => {
  const gate = await gateForAllTests();
  const answer = await rawRequest(
    gate.port,
    'HEAD /.postern/health/alive HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n',
  );
  // Hono answers HEAD by the answer to GET, and drops its length with its body.
  const hasLength = Number(header(answer, 'content-length')) > 0;
  expect([answer.status, hasLength]).toEqual([200, !isInHono()]);
});

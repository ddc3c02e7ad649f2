import { expect, it } from 'vitest';
import { Gateways } from '../../src/app/start-gateway.ts';
import type { LogPage, LogReadOptions } from '../../src/revocation/log-protocol.ts';

it('an isolate sends its sums with the data centre of its first request, as the platform names it', async () => {
  const sums: unknown[] = [];
  const page: LogPage = { marks: [], position: 1, hasMore: false };
  const log = {
    read: async (_cursor: number, { sums: sent }: LogReadOptions = {}) => {
      sums.push(sent);
      return page;
    },
  };
  const environment = {
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    DECISION_LOG: 'none',
    KRATOS: { fetch: async () => new Response('{"error":{"code":401}}', { status: 401 }) },
    REVOCATIONS: { getByName: () => log },
  };
  const gateways = new Gateways();
  const first = Object.assign(new Request('https://app.example.test/'), { cf: { colo: 'FRA' } });
  const gateway = await gateways.start(environment, first);
  const asked = new Request('https://app.example.test/sessions/whoami', {
    headers: { 'X-Session-Token': 'ory_st_of_nobody_that_is_known' },
  });
  await gateway.fetch(asked, () => {});
  expect(sums).toEqual([expect.stringMatching(/^[0-9a-z]{8} FRA \d+( \d+){13}$/)]);
});

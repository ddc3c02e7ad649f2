import { afterAll, beforeAll, expect, it } from 'vitest';
import site from '../../standins/origin/src/worker.ts';
import { type RunningStandin, startStandin } from './start-standin.ts';

let kratos: RunningStandin;

beforeAll(async () => {
  kratos = await startStandin('kratos');
});
afterAll(() => kratos.stop());

async function ask(path: string, env: { UI_URL?: string }): Promise<Response> {
  return site.fetch(new Request(`https://site.test${path}`), env);
}

it('the site shows the sign-in pages as its own, and they name no other host', async () => {
  const flow = await fetch(`${kratos.origin}/self-service/login/api`);
  const { id } = (await flow.json()) as { id: string };
  const page = await ask(`/ui/login?flow=${id}`, { UI_URL: kratos.origin });
  const text = await page.text();
  expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
  expect(text).toContain(`action="/self-service/login?flow=${id}"`);
  expect(text).not.toContain(kratos.origin);
});

it('an expired flow starts again on the same host', async () => {
  for (const path of ['/ui/login?flow=gone', '/ui/welcome']) {
    const answer = await ask(path, { UI_URL: kratos.origin });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      '/self-service/login/browser',
    ]);
  }
});

it('without such pages, /ui/ is an ordinary path, and no page offers a sign-in', async () => {
  const text = await (await ask('/ui/login', {})).text();
  expect(text).toContain('<h1>/ui/login</h1>');
  expect(text).not.toContain('<nav');
});

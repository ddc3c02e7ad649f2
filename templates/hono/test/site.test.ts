import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestSessions } from 'postern/testing';
import { createSite } from '../src/site.ts';

const people = await createTestSessions();
const site = createSite(people.options);
const zoe = { traits: { email: 'zoe@example.com' } };

test('a signed-in person is greeted', async () => {
  const response = await site.fetch(people.signedIn(zoe, '/'));
  assert.equal(await response.text(), 'Hello, zoe@example.com');
});

test('an anonymous request gets 401', async () => {
  assert.equal((await site.request('https://app.example.com/')).status, 401);
});

test('administration needs a second factor', async () => {
  assert.equal((await site.fetch(people.signedIn(zoe, '/admin'))).status, 403);
  const admin = people.signedIn({ ...zoe, aal: 'aal2' }, '/admin');
  assert.equal((await site.fetch(admin)).status, 200);
});

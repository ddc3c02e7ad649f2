import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { TRAVERSAL_PAYLOADS } from '../support/hostile-input/traversal-payloads.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { get, header, type RawHeaders } from '../support/raw-http.ts';

const RULES = [{ path: '/public/*', session: 'none' }];
const BATCH = 50;
const BATCHES = 60;

const origin = await forAllTests(startNodeOrigin());
const gate = await gateForAllTests({
  vars: { RULES },
  origin,
});
const signedIn = { 'X-Session-Token': (await gate.kratos.createSession()).token };

/** Returns the paths that servers may read: decoded repeatedly, with every separator that they may know. */
function readings(path: string): string[] {
  const found = new Set([path]);
  for (const reading of found) {
    if (found.size > 64) break;
    for (const again of [
      latin1(reading),
      reading.replaceAll('\\', '/'),
      reading.replace(/;[^/]*/g, ''),
      reading.replace(/[\0-\x1f\x7f]/g, ''),
      reading.replace(/\/{2,}/g, '/'),
      withoutDots(reading),
    ])
      found.add(again);
  }
  return [...found];
}

/** Percent-decoded byte by byte, with overlong forms of ASCII taken for it, as lenient decoders do. */
function latin1(path: string): string {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.replace(/[\xc0\xc1]([\x80-\xbf])/g, (pair, next) =>
    String.fromCharCode(((pair.charCodeAt(0) & 1) << 6) | (next.charCodeAt(0) & 0x3f)),
  );
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

const isPublic = (path: string) => readings(path).every((one) => one.startsWith('/public/'));

/** Sends every target, and gives back the answers with what the origin received of them. */
async function sendAll(targets: readonly string[], headers: RawHeaders) {
  origin.arrived.length = 0;
  const answers = await Promise.all(
    targets.map(async (target) => {
      const { status, ...response } = await get(gate.port, target, headers);
      return { target, status, reason: header({ status, ...response }, 'postern-reason') };
    }),
  );
  return { answers, arrived: origin.arrived.map(({ target }) => target) };
}

const sorted = (texts: readonly string[]) => [...texts].sort();
const pathOf = (target: string) => target.split('?', 1)[0] ?? '';

/** Numbers of targets by outcome, to show that the tests cover both. */
const seen = { passedUnseen: 0, passedSignedIn: 0, refused: 0 };

/** The three views of a request, compared: what was asked, what was decided and logged, what was forwarded. */
async function expectNoWayRound(targets: readonly string[]): Promise<void> {
  const anonymous = await sendAll(targets, {});
  const passed = anonymous.answers.filter(({ status }) => status === 200);
  expect(passed.filter(({ target }) => !isPublic(pathOf(target)))).toEqual([]);
  expect(sorted(anonymous.arrived)).toEqual(sorted(passed.map(({ target }) => target)));
  const others = anonymous.answers.filter(({ status }) => ![200, 400, 401].includes(status));
  expect(others).toEqual([]);

  gate.clearLogs();
  const { answers, arrived } = await sendAll(targets, signedIn);
  const forwarded = answers.filter(({ status }) => status === 200).map(({ target }) => target);
  expect(answers.filter(({ status }) => status !== 200 && status !== 400)).toEqual([]);
  expect(sorted(arrived)).toEqual(sorted(forwarded));
  const logged = (await readDecisions(gate)).filter(({ outcome }) => outcome === 'pass');
  expect(sorted(logged.map(({ path }) => path ?? ''))).toEqual(sorted(forwarded.map(pathOf)));
  seen.passedUnseen += passed.length;
  seen.passedSignedIn += forwarded.length;
  seen.refused += targets.length - forwarded.length;
}

/** A payload as a target: after the public prefix, or at the root, with escapes for characters that a line cannot contain. */
function targetsFrom(line: string): string[] {
  const target = line.replace(/[ #"<>`]/g, encodeURIComponent).replace(/^\/+/, '');
  return [`/public/${target}`, `/public${target}`, `/${target}`, `/public/x/${target}/admin`];
}

describe('path traversal', () => {
  it('P1: no traversal payload passes the gate', async () => {
    const targets = TRAVERSAL_PAYLOADS.flatMap(targetsFrom);
    expect(targets.length).toBeGreaterThan(500);
    for (let start = 0; start < targets.length; start += BATCH)
      await expectNoWayRound(targets.slice(start, start + BATCH));
  });

  it('P1 to P6, P13, P14: no generated target passes the gate or reaches the origin altered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(target(), { minLength: BATCH, maxLength: BATCH }),
        expectNoWayRound,
      ),
      { numRuns: BATCHES, endOnFailure: true },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(BATCH);
  }, 120_000);

  it('control: readings() finds traversals', () => {
    for (const path of [
      '/public/../admin',
      '/public/%2e%2E/admin',
      '/public/%252e%252e/admin',
      '/public/..%2fadmin',
      '/public/..%5cadmin',
      '/public/..\\admin',
      '/public/..;x/admin',
      '/public/%c0%ae%c0%ae/admin',
      '/public//../../admin',
      '/public/.%00./admin',
    ])
      expect([path, isPublic(path)]).toEqual([path, false]);
    for (const path of ['/public/x', '/public/x.y..z', '/public/%C3%A9/'])
      expect([path, isPublic(path)]).toEqual([path, true]);
  });
});

/** A target made of what traversals are made of, and of harmless pieces so that some of them pass. */
function target(): fc.Arbitrary<string> {
  const dot = fc.constantFrom(
    '.',
    '%2e',
    '%2E',
    '%252e',
    '%c0%ae',
    '%C0%AE',
    '%e0%80%ae',
    '%u002e',
  );
  const slash = fc.constantFrom(
    '/',
    '/',
    '/',
    '/',
    '%2f',
    '%2F',
    '\\',
    '%5c',
    '%5C',
    '%252f',
    '%c0%af',
  );
  const dots = fc.array(dot, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
  const oddity = fc.constantFrom(';', ';a=1', '%3b', '%00', '%09', '%20', '%', '%zz', '\xc3\xa9');
  const word = fc.constantFrom(
    'public',
    'PUBLIC',
    'admin',
    'x',
    'a.b',
    '..x',
    '%C3%A9',
    '%E2%80%A8',
    '~',
    "!$&'()*+,=:@",
  );
  const harmless = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/'));
  const hostile = fc
    .array(fc.oneof(word, dots, slash, slash, oddity), { minLength: 1, maxLength: 8 })
    .map((parts) => parts.join(''));
  const prefix = fc.constantFrom('/public/', '/public', '/', '/x/', '/public/y/');
  const query = fc.constantFrom('', '', '?', '?/../public/', '?a=%2e%2e/', '?x;y');
  const path = fc.oneof({ weight: 3, arbitrary: hostile }, { weight: 1, arbitrary: harmless });
  return fc.tuple(prefix, path, query).map((parts) => parts.join(''));
}

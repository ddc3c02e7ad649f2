import { beforeEach, describe, expect, it } from 'vitest';
import type { ExchangeAnswer } from '../../src/exchange/exchange-answer.ts';
import { ExchangedTokens } from '../../src/exchange/exchanged-tokens.ts';
import type { ExchangeRequest } from '../../src/exchange/token-endpoint.ts';

const ZONE = 'https://zone-1.keycard.cloud';
const OTHER_ZONE = 'https://zone-2.keycard.cloud';
const API = 'https://api.example.com';
const waitUntil = () => {};

let now: number;
let asked: ExchangeRequest[];
let answer: (request: ExchangeRequest) => Promise<ExchangeAnswer>;
let tokens: ExchangedTokens;

const issued = (value: string, lifetimeMs = 3_600_000): ExchangeAnswer => ({
  kind: 'token',
  token: { value, askedAt: now, expiresAt: now + lifetimeMs },
});
const subject = (value: string, issuer = ZONE, expiresAt = now + 86_400_000) => ({
  value,
  issuer,
  expiresAt,
});
const exchange = (of: ReturnType<typeof subject>, resource = API) =>
  tokens.exchange(of, resource, waitUntil);

beforeEach(() => {
  now = Date.parse('2026-11-20T12:00:00Z');
  asked = [];
  answer = async ({ subjectToken, resource }) => issued(`${subjectToken} for ${resource}`);
  const endpoint = {
    exchange: (request: ExchangeRequest) => {
      asked.push(request);
      return answer(request);
    },
  };
  const endpoints = new Map([ZONE, OTHER_ZONE].map((issuer) => [issuer, endpoint]));
  tokens = new ExchangedTokens({ endpoints, deadlineMs: 5000, now: () => now });
});

describe('ExchangedTokens', () => {
  it('keeps a token for one subject token, issuer and resource', async () => {
    const kinds = [
      [subject('a'), API],
      [subject('b'), API],
      [subject('a', OTHER_ZONE), API],
      [subject('a'), `${API}/`],
    ] as const;
    for (const [of, resource] of [...kinds, ...kinds]) await exchange(of, resource);
    expect(asked).toHaveLength(4);
    expect(await exchange(subject('a'))).toEqual({
      kind: 'token',
      value: `a for ${API}`,
      isKept: true,
    });
  });

  it('does not take one list of parts for another', async () => {
    await exchange(subject('c', ZONE), `${API}/a`);
    await exchange(subject('ac', ZONE), `${API}/`);
    expect(asked).toHaveLength(2);
  });

  it('drops what it has for a token that is forgotten, and nothing else', async () => {
    for (const value of ['a', 'b']) await exchange(subject(value));
    await tokens.forget('a', API);
    for (const value of ['a', 'b']) await exchange(subject(value));
    expect(asked.map(({ subjectToken }) => subjectToken)).toEqual(['a', 'b', 'a']);
  });

  it('keeps at most 2000 tokens, the last used ones', async () => {
    for (let count = 0; count <= 2000; count += 1) await exchange(subject(`token-${count}`));
    await exchange(subject('token-2000'));
    expect(asked).toHaveLength(2001);
    await exchange(subject('token-0'));
    expect(asked).toHaveLength(2002);
  });

  it('asks for nothing from the exp of the subject on', async () => {
    expect(await exchange(subject('a', ZONE, now))).toEqual({ kind: 'subject-expired' });
    expect(asked).toEqual([]);
  });

  it('gives no token that expired on its way', async () => {
    answer = async () => {
      const late = issued('late', 1000);
      now += 1000;
      return late;
    };
    expect(await exchange(subject('a'))).toMatchObject({ kind: 'failed', detail: 'token-expired' });
  });

  it('gives no token for a subject that expired during the exchange', async () => {
    const of = subject('a', ZONE, now + 1000);
    answer = async () => {
      now += 1000;
      return issued('good');
    };
    expect(await exchange(of)).toEqual({ kind: 'subject-expired' });
  });

  it('keeps a failure for two seconds, and a refusal for thirty', async () => {
    const failure = { detail: '503', concerns: 'token', retryAfterSeconds: undefined } as const;
    const answers: [ExchangeAnswer, number][] = [
      [{ kind: 'failed', ...failure }, 2000],
      [{ kind: 'refused', error: 'invalid_target' }, 30_000],
    ];
    for (const [one, keptMs] of answers) {
      answer = async () => one;
      asked = [];
      await exchange(subject(one.kind));
      now += keptMs - 1;
      expect(await exchange(subject(one.kind))).toEqual(one);
      expect(asked).toHaveLength(1);
      now += 1;
      await exchange(subject(one.kind));
      expect(asked).toHaveLength(2);
    }
  });

  it('asks no issuer that it has no endpoint of', async () => {
    expect(await exchange(subject('a', `${ZONE}/`))).toEqual({ kind: 'no-endpoint' });
    expect(asked).toEqual([]);
  });
});

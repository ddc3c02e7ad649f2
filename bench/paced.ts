/** Requests at a steady pace, whether or not the ones before were answered: latencies of a server that is not swamped. */
import { type Answer, ask, type Question } from './client.ts';

export interface PacedOptions {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface TimedAnswer {
  readonly millis: number;
  readonly answer: Answer;
}

/** In the order of asking. Rejects when one is not answered 200. */
export async function askPaced(
  question: (index: number) => Question,
  { perSecond, seconds }: PacedOptions,
): Promise<TimedAnswer[]> {
  const wanted = Math.round(perSecond * seconds);
  const startedAt = performance.now();
  const answers: Promise<TimedAnswer>[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const due = Math.min(wanted, ((performance.now() - startedAt) / 1000) * perSecond);
    while (answers.length < due) answers.push(timed(question(answers.length)));
    if (answers.length >= wanted) resolve();
  }, 1);
  await promise;
  clearInterval(timer);
  return Promise.all(answers);
}

async function timed(question: Question): Promise<TimedAnswer> {
  const startedAt = performance.now();
  const answer = await ask(question);
  const millis = performance.now() - startedAt;
  if (answer.status !== 200) throw new Error(`${question.path} was answered ${answer.status}`);
  return { millis, answer };
}

/** Single requests to a benched Worker, for the checks around the load. */
import { Agent, request } from 'node:http';
import { HOST } from './load.ts';

export interface Question {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default 'GET' */
  readonly method?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** workerd closes a connection that is idle for 15 s; a request that is sent on it at that moment is lost. */
const IDLE_MS = 1000;
const MAX_ATTEMPTS = 3;
const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

export async function ask(question: Question, attempts = MAX_ATTEMPTS): Promise<Answer> {
  const { port, path, headers, method = 'GET' } = question;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const to = { host: '127.0.0.1', port, path, method, agent };
  const sent = request({ ...to, headers: { ...headers, Host: HOST } }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('error', reject);
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
  });
  sent.on('error', (error: NodeJS.ErrnoException) => {
    // A connection that is closed as it is used.
    if (error.code === 'ECONNRESET' && attempts > 1) resolve(ask(question, attempts - 1));
    else reject(error);
  });
  sent.end();
  return promise;
}

/** The same question for each of many, some at a time, in order. */
export async function askMany<Item>(
  items: readonly Item[],
  question: (item: Item) => Question,
  atOnce: number,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    const some = items.slice(start, start + atOnce);
    answers.push(...(await Promise.all(some.map((item) => ask(question(item))))));
  }
  return answers;
}

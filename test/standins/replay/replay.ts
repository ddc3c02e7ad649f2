import { KratosClient } from '../kratos-client.ts';
import { Comparison, type Difference } from './compare.ts';
import { Correspondence } from './correspondence.ts';
import { sendRaw } from './raw-request.ts';
import type { HeaderPairs, RecordedResponse, Recording } from './recording.ts';

/** Kratos's public URL while the exchanges were recorded. */
export const RECORDED_ORIGIN = 'http://127.0.0.1:27133';

/** An altered cookie, a cookie in another header, and the token of a form that has expired. */
const UNKNOWN_ON_PURPOSE = new Set(['023', '031', '221']);

/** Sends recorded requests to the stand-in, with its own values in place of the recorded random ones. */
export class Replay {
  readonly known = new Correspondence();
  readonly #kratos: KratosClient;

  private constructor(kratos: KratosClient) {
    this.#kratos = kratos;
  }

  static async start(): Promise<Replay> {
    return new Replay(await KratosClient.start());
  }

  stop(): Promise<void> {
    return this.#kratos.stop();
  }

  /** The settings named replace those of the stand-in; all others are its defaults. */
  async configure(settings: Record<string, unknown>): Promise<void> {
    await this.#kratos.reset();
    await this.#kratos.control({ publicUrl: RECORDED_ORIGIN, ...settings });
  }

  /** Sends a request that is not recorded, to make a state that recordings need. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: HeaderPairs = [],
  ): Promise<RecordedResponse> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? [] : ([['Content-Type', 'application/json']] as const);
    const answer = await this.#raw({ method, path, headers: [...headers, ...type], body: text });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }

  /** Replays one exchange. Returns where the answer is not as recorded. */
  async replay({ number, request, response }: Recording): Promise<Difference[]> {
    const replayedAt = Date.now();
    this.#expectKnown({ number, request });
    const replayed = await this.#raw({
      method: request.method,
      path: this.known.translate(request.path),
      headers: request.headers.map(([name, value]) => [name, this.known.translate(value)]),
      body: request.body === undefined ? undefined : this.#translateBody(request.body),
    });
    const recordedAt = Date.parse(new Map(response.headers).get('Date') ?? '');
    const comparison = new Comparison(this.known, {
      recordedAt,
      replayedAt,
      method: request.method,
    });
    return comparison.compare(response, replayed);
  }

  /** A value of a recorded request that means nothing to the stand-in would get the right refusal for a wrong reason. */
  #expectKnown({ number, request }: Pick<Recording, 'number' | 'request'>): void {
    const values = request.headers.map(([, value]) => value);
    const body = decodeURIComponent(request.body ?? '');
    const unknown = [request.path, ...values, body].flatMap((text) => this.known.unknownIn(text));
    const isExpected = UNKNOWN_ON_PURPOSE.has(number);
    if (unknown.length > 0 !== isExpected) {
      const expected = isExpected ? 'an unknown value' : 'known values';
      throw new Error(
        `${number}: expected ${expected} in the request, found ${unknown.join(', ')}`,
      );
    }
  }

  #translateBody(body: string): string {
    if (!body.startsWith('method=')) return this.known.translate(body);
    const fields = [...new URLSearchParams(body)];
    return String(
      new URLSearchParams(fields.map(([name, value]) => [name, this.known.translate(value)])),
    );
  }

  async #raw(sent: {
    method: string;
    path: string;
    headers: HeaderPairs;
    body: string | undefined;
  }): Promise<RecordedResponse> {
    // Rows made in the same millisecond have no order.
    await new Promise((resolve) => setTimeout(resolve, 2));
    const { host } = new URL(RECORDED_ORIGIN);
    const length =
      sent.body === undefined ? [] : [['Content-Length', byteLength(sent.body)] as const];
    const headers: HeaderPairs = [['Host', host], ...length, ...sent.headers];
    return await sendRaw(this.#kratos.origin, { ...sent, headers });
  }
}

function byteLength(text: string): string {
  return String(Buffer.byteLength(text));
}

import { type RunningStandin, startStandin } from './start-standin.ts';

export interface SignedInSession {
  session: { id: string; identity: { id: string }; expires_at: string };
  session_token: string;
  /** Ready for a `Cookie` header. */
  cookie: string;
}

/** The Kratos stand-in with shortcuts for what its tests do often. */
export class KratosClient {
  readonly #standin: RunningStandin;

  private constructor(standin: RunningStandin) {
    this.#standin = standin;
  }

  static async start(): Promise<KratosClient> {
    return new KratosClient(await startStandin('kratos'));
  }

  get origin(): string {
    return this.#standin.origin;
  }

  stop(): Promise<void> {
    return this.#standin.stop();
  }

  /** Redirects are never followed. */
  call(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.origin + path, { redirect: 'manual', ...init });
  }

  whoami(headers: Record<string, string> = {}, query = ''): Promise<Response> {
    return this.call(`/sessions/whoami${query}`, { headers });
  }

  async control(settings: Record<string, unknown>): Promise<void> {
    const answer = await this.send('POST', '/.standin/control', settings);
    if (!answer.ok) throw new Error(await answer.text());
  }

  async reset(): Promise<void> {
    await this.call('/.standin/control', { method: 'DELETE' });
    await this.call('/.standin/calls', { method: 'DELETE' });
  }

  async signIn(given: Record<string, unknown> = {}): Promise<SignedInSession> {
    const answer = await this.send('POST', '/.standin/sessions', given);
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as SignedInSession;
  }

  /** Sends a JSON body. */
  send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.call(path, {
      method,
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
    });
  }
}

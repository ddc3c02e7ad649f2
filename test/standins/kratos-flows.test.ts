import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KratosClient } from './kratos-client.ts';

/** Behaviour that no recording shows. The expected values come from Kratos's source at the commit of the recordings. */
let kratos: KratosClient;

beforeAll(async () => {
  kratos = await KratosClient.start();
});
afterAll(() => kratos.stop());
beforeEach(() => kratos.reset());

const JSON_ONLY = { Accept: 'application/json' };
const FORM = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' };

interface FlowDocument {
  id: string;
  ui: {
    nodes: { group: string; attributes: { name?: string; value?: string } }[];
    messages?: { id: number }[];
  };
}

const PERSON = () => ({
  'traits.email': `${crypto.randomUUID()}@example.com`,
  'traits.name.first': 'New',
  password: 'long enough',
});

/** A browser's flow, with the cookies that the browser then has. */
async function begin(kind: string, cookie = '') {
  const answer = await kratos.call(`/self-service/${kind}/browser`, {
    headers: { ...JSON_ONLY, ...(cookie && { Cookie: cookie }) },
  });
  const flow = (await answer.json()) as FlowDocument;
  const jar = [cookie, ...cookiesOf(answer)].filter(Boolean).join('; ');
  const csrf = flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token');
  return { path: `/self-service/${kind}?flow=${flow.id}`, jar, csrf: csrf?.attributes.value ?? '' };
}

type Begun = Awaited<ReturnType<typeof begin>>;

function submit(
  { path, jar, csrf }: Begun,
  fields: Record<string, string>,
  type: typeof FORM | typeof JSON_ONLY,
): Promise<Response> {
  const all = { csrf_token: csrf, ...fields };
  if (type === JSON_ONLY) return kratos.send('POST', path, all, { ...JSON_ONLY, Cookie: jar });
  const body = String(new URLSearchParams(all));
  return kratos.call(path, { method: 'POST', headers: { ...type, Cookie: jar }, body });
}

function cookiesOf(answer: Response): string[] {
  return answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
}

describe('registration', () => {
  it('asks for the traits, then for a password, and signs the new account in', async () => {
    const flow = await begin('registration');
    const { password, ...traits } = PERSON();
    const first = await submit(flow, { ...traits, method: 'profile' }, JSON_ONLY);
    const shown = (await first.json()) as FlowDocument;
    expect([first.status, shown.ui.nodes.some(({ group }) => group === 'password')]).toEqual([
      400,
      true,
    ]);
    const fields = { ...traits, password, method: 'password' };
    const second = await submit(flow, fields, JSON_ONLY);
    expect(await second.json()).toMatchObject({
      identity: { traits: { email: traits['traits.email'], name: { first: 'New' } } },
      continue_with: [{ action: 'redirect_browser_to' }],
    });
    const whoami = await kratos.whoami({ Cookie: cookiesOf(second).join('; ') });
    expect(whoami.status).toBe(200);
  });

  it('gives an app a session token, and refuses an address that has an account', async () => {
    const person = { ...PERSON(), method: 'password' };
    const register = async () => {
      const flow = (await (
        await kratos.call('/self-service/registration/api')
      ).json()) as FlowDocument;
      return kratos.send('POST', `/self-service/registration?flow=${flow.id}`, person);
    };
    const made = (await (await register()).json()) as { session_token: string };
    const whoami = await kratos.whoami({ 'X-Session-Token': made.session_token });
    expect(whoami.status).toBe(200);
    const refused = (await (await register()).json()) as FlowDocument;
    expect(refused.ui.messages?.map(({ id }) => id)).toEqual([4000007]);
  });
});

describe('a social sign-in', () => {
  async function start(type: typeof FORM | typeof JSON_ONLY) {
    const flow = await begin('login');
    const answer = await submit(flow, { method: 'oidc', provider: 'tiny' }, type);
    return { answer, jar: [flow.jar, ...cookiesOf(answer)].join('; ') };
  }

  it('goes to the provider and back, and signs in', async () => {
    const { answer, jar } = await start(FORM);
    const atProvider = await fetch(answer.headers.get('Location') ?? '', { redirect: 'manual' });
    const callback = new URL(atProvider.headers.get('Location') ?? '');
    expect(callback.pathname).toBe('/self-service/methods/oidc/callback/tiny');
    const back = await kratos.call(callback.pathname + callback.search, {
      headers: { Accept: 'text/html', Cookie: jar },
    });
    expect(back.headers.get('Location')).toBe(`${kratos.origin}/ui/welcome`);
    const session = await (await kratos.whoami({ Cookie: cookiesOf(back).join('; ') })).json();
    expect(session).toMatchObject({ authentication_methods: [{ method: 'oidc' }] });
  });

  it('tells a script where to send the browser', async () => {
    const { answer } = await start(JSON_ONLY);
    expect([answer.status, answer.headers.get('Ory-Error-Id')]).toEqual([
      422,
      'browser_location_change_required',
    ]);
  });

  it.each([
    ['without a state', (path: string) => path.replace(/state=[^&]*/, ''), true],
    ['without the cookie of its start', (path: string) => path, false],
    ['by another provider', (path: string) => path.replace('/tiny', '/other'), true],
  ])('is refused %s', async (_, alter, hasCookie) => {
    const { answer, jar } = await start(FORM);
    const state = new URL(answer.headers.get('Location') ?? '').searchParams.get('state') ?? '';
    const query = new URLSearchParams({ code: 'x', state });
    const path = alter(`/self-service/methods/oidc/callback/tiny?${query}`);
    const headers = { ...JSON_ONLY, ...(hasCookie && { Cookie: jar }) };
    expect((await kratos.call(path, { headers })).status).toBe(400);
  });

  it('a form that a provider posts comes back as a GET', async () => {
    const answer = await kratos.call('/self-service/methods/oidc/callback/tiny', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'code=c&state=s',
    });
    expect([answer.status, answer.headers.get('Location')]).toEqual([
      302,
      `${kratos.origin}/self-service/methods/oidc/callback/tiny?code=c&state=s`,
    ]);
  });
});

describe('an account with a second factor', () => {
  it('is recovered to a session of the first factor, which whoami answers by 403', async () => {
    const identityId = crypto.randomUUID();
    const email = `${identityId}@example.com`;
    await kratos.send('PUT', `/.standin/identities/${identityId}`, {
      traits: { email },
      totp: true,
    });
    const flow = await begin('recovery');
    await submit(flow, { method: 'code', email }, FORM);
    const done = await submit(flow, { method: 'code', code: '000000' }, FORM);
    const cookie = cookiesOf(done).join('; ');
    const whoami = await kratos.whoami({ Cookie: cookie });
    expect([whoami.status, whoami.headers.get('Ory-Error-Id')]).toEqual([
      403,
      'session_aal2_required',
    ]);
    // `settings.required_aal` is another setting: with aal1 the way to the settings is open.
    expect((await begin('settings', cookie)).csrf).not.toBe('');
  });

  it('has it from its enrolment on, and so has the session that enrolled it', async () => {
    const { cookie } = await kratos.signIn({ identityId: crypto.randomUUID() });
    const flow = await begin('settings', cookie);
    await submit(flow, { method: 'totp', totp_code: '000000' }, JSON_ONLY);
    expect(await (await kratos.whoami({ Cookie: cookie })).json()).toMatchObject({
      authenticator_assurance_level: 'aal2',
    });
  });
});

describe('the flow of an app', () => {
  it.each([
    ['Origin', 'https://app.example.com', 400],
    ['Cookie', 'a=1', 400],
    ['Cookie', '__cf_bm=1', 200],
  ])('sent with the header %s: %s is answered %i', async (name, value, status) => {
    const flow = (await (await kratos.call('/self-service/login/api')).json()) as FlowDocument;
    const fields = {
      method: 'password',
      identifier: 'demo@example.com',
      password: 'postern-demo',
    };
    const path = `/self-service/login?flow=${flow.id}`;
    const answer = await kratos.send('POST', path, fields, { [name]: value });
    expect(answer.status).toBe(status);
  });
});

it('the error page that a browser is sent to can read what went wrong', async () => {
  const answer = await kratos.call('/self-service/logout/browser', {
    headers: { Accept: 'text/html' },
  });
  const { search } = new URL(answer.headers.get('Location') ?? '');
  const error = await (await kratos.call(`/self-service/errors${search}`)).json();
  expect(error).toHaveProperty('error.id', 'session_inactive');
});

it('sends a browser that looks for the page to change a password to the settings', async () => {
  const answer = await kratos.call('/.well-known/change-password');
  expect([answer.status, answer.headers.get('Location')]).toEqual([
    303,
    `${kratos.origin}/ui/settings`,
  ]);
});

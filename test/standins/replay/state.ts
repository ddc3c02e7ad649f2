/** The accounts, sessions and codes that recorded requests need and that no recorded request makes. */
import { readRecordings } from './recording.ts';
import type { Replay } from './replay.ts';

const PASSWORD = 'postern-demo-pw';
const RECORDINGS = new Map(readRecordings().map((recording) => [recording.number, recording]));
const HOUR_MS = 3_600_000;

/** The accounts of the recordings, by the ids that they have in the stand-in. */
const PEOPLE = {
  demo: { id: '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d01', totp: false },
  mia: { id: '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d02', totp: true },
  eve: { id: '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d03', totp: false },
  lea: { id: '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d04', totp: false },
  ina: { id: '7f3c2a54-52e4-4b8e-9b0e-2f1d6a1c0d05', totp: false },
} as const;

type Person = keyof typeof PEOPLE;

/** The names of a session in the recordings. */
interface SessionNames {
  readonly token?: string;
  /** The number of a recording whose request has the session's cookie. */
  readonly cookieIn?: string;
  readonly id?: string;
}

type Step = (replay: Replay) => Promise<void>;

/** Steps by the number of the recording that they come before. */
const STEPS: Readonly<Record<string, Step>> = {
  '001': async (replay) => {
    for (const person of Object.keys(PEOPLE)) await createPerson(replay, person as Person);
    await signIn(replay, 'demo', { token: 'ory_st_A5HEU2ZNTr2bBfsBUNmE0MY4xrXzLxes' });
    await signIn(replay, 'demo', { cookieIn: '002' });
    await signIn(replay, 'eve', { token: 'ory_st_Q6L36bWHEOposX1kJSlkNTa4VSfdG2GC' });
    await signIn(replay, 'eve');
    await signIn(replay, 'mia', { token: 'ory_st_SFSx9iz8vcubwoplIPPPoDmTbnaouK8S' });
    await signIn(replay, 'eve', { token: 'ory_st_BAWiG54w7hWJAqt1q2iHBcvdCiedeZGG' }, -60);
    const revoked = { token: 'ory_st_fZIU4QoaXlNtD1aRtdrFmZBF581qfGyW' };
    await replay.send('DELETE', `/.standin/sessions/${await signIn(replay, 'eve', revoked)}`);
  },
  '034': async (replay) => {
    await signIn(replay, 'ina', { token: 'ory_st_1FapbZurF9Z7mxFCbDqRWbHChajiOOiC' });
    await signIn(replay, 'ina', { cookieIn: '035' });
    await changePerson(replay, 'ina', { state: 'inactive' });
  },
  '037': (replay) => changePerson(replay, 'ina', { state: 'active' }),
  '038': async (replay) => {
    await replay.send('DELETE', `/admin/identities/${PEOPLE.ina.id}`);
  },
  '063': async (replay) => {
    const current = '0916c75c-c4ab-4e40-ae73-3c84e508db49';
    await signIn(replay, 'lea', { token: 'ory_st_1gRnjSYcbiNb83gwUrMTwSisf1acUFL4', id: current });
    for (let count = 0; count < 29; count++) await signIn(replay, 'lea');
    await signIn(replay, 'lea');
  },
  '081': (replay) => nameLastSession(replay, '016ae8ba-b426-4d6b-b041-14611ccddb76'),
  '091': async (replay) => {
    const ids = await sessionsOf(replay, 'lea');
    for (const id of ids.slice(0, 24)) await replay.send('DELETE', `/.standin/sessions/${id}`);
  },
  '099': async (replay) => {
    await signIn(replay, 'eve', { id: '314f04fc-e852-4b23-9296-0bdb256fdca3' });
  },
  '108': async (replay) => {
    await signIn(replay, 'eve', { id: 'fa4a203d-1351-4e5c-8943-856ebe8b4a5d' });
    const extended = await signIn(replay, 'eve', { cookieIn: '108' });
    await secondsPass();
    await replay.send('PATCH', `/admin/sessions/${extended}/extend`);
  },
  '123': async (replay) => {
    const { headers } = await replay.send('GET', '/admin/sessions?page_size=2');
    const recorded = pageTokenIn(recordedPath('123'));
    replay.known.alias(recorded, pageTokenIn(new Map(headers).get('Link') ?? '', 'next'));
  },
  '133': async (replay) => {
    await signIn(replay, 'lea', {
      token: 'ory_st_Mnoil23vuuT4aBZV8YI33gWBi2KDQmBE',
      id: '0427dd91-12d8-4384-a51f-9018ba0d1116',
    });
    await signIn(replay, 'lea', { id: '05d530b5-83fc-4bd6-9879-24c1974d19b5' });
  },
  '148': async (replay) => {
    await signIn(replay, 'lea');
  },
  '171': async (replay) => replay.known.alias('985410', '000000'),
  '208': async (replay) => {
    const cookie = replay.known.translate(cookieIn('208'));
    const path = '/self-service/logout/browser';
    const { body } = await replay.send('GET', path, undefined, [['Cookie', cookie]]);
    const [replayed = ''] = /ory_lo_\w{32}/.exec(body) ?? [];
    replay.known.pair('ory_lo_Q95jho4NDQAlkjRBnCAocO5oAfNBSWfl', replayed);
  },
  '212': async (replay) => replay.known.alias('737963', '000000'),
  '223': async (replay) => {
    await signIn(replay, 'demo', { token: 'ory_st_FUC51N96U0Nr1eSPjCa6HgxJEeQpT23w' });
  },
  '242': (replay) => authenticated(replay, '69fd29b5-e05b-4022-9ef6-e8dc107bcaf2', HOUR_MS),
  '243': (replay) => authenticated(replay, '69fd29b5-e05b-4022-9ef6-e8dc107bcaf2', 0),
  '244': async (replay) => {
    await signIn(replay, 'demo', { cookieIn: '244' });
  },
  '250': async (replay) => {
    const cookie = replay.known.translate(cookieIn('244'));
    const whoami = await replay.send('GET', '/sessions/whoami', undefined, [['Cookie', cookie]]);
    await authenticated(replay, idIn(whoami.body), HOUR_MS);
  },
  '259': async (replay) => replay.known.alias('114461', '000000'),
  '265': async (replay) => replay.known.alias('253766', '000000'),
  '267': async (replay) => {
    replay.known.alias('134912', '000000');
    await askForCode(replay, '04966189-39d1-4b5a-abbe-d8420056c762');
  },
  '304': async (replay) => {
    await signIn(replay, 'mia', { token: 'ory_st_e1I9H7O4D49gH546EJC3rizVR7x3X8ur' });
  },
  '307': async (replay) => {
    await signIn(replay, 'mia', { token: 'ory_st_pauClcwD2EpOFSRkWWxmfCsOL2MhzMsu' });
  },
  '308': async (replay) => {
    await signIn(replay, 'demo', { id: 'e97c4f59-0b5e-4e17-b91f-afeb0b9a75bf' });
    await signIn(replay, 'demo', { id: '661306d7-150a-490b-9daa-ca716460669b' });
    await signIn(replay, 'demo', { id: '04f98239-8715-4249-8182-58bc55b43df1' });
  },
  '312': async (replay) => {
    await signIn(replay, 'mia', { token: 'ory_st_L7OAAyRM6FCTxv0hMW4RKmaeam0Yr1Ml' });
  },
};

/** Makes what the recording of this number needs. */
export async function takeSteps(replay: Replay, number: string): Promise<void> {
  await STEPS[number]?.(replay);
}

async function createPerson(replay: Replay, person: Person): Promise<void> {
  const { id, totp } = PEOPLE[person];
  await replay.send('PUT', `/.standin/identities/${id}`, {
    traits: { name: { last: 'Person', first: 'Demo' }, email: `${person}@example.com` },
    metadata_public: { roles: ['admin'] },
    password: PASSWORD,
    totp,
  });
}

async function changePerson(replay: Replay, person: Person, change: object): Promise<void> {
  await replay.send('PATCH', `/.standin/identities/${PEOPLE[person].id}`, change);
}

/** Signs somebody in, and notes the names that the session has in the recordings. Returns its id. */
async function signIn(
  replay: Replay,
  person: Person,
  names: SessionNames = {},
  expiresInSeconds?: number,
): Promise<string> {
  const asked = { identityId: PEOPLE[person].id, ...(expiresInSeconds && { expiresInSeconds }) };
  const { body } = await replay.send('POST', '/.standin/sessions', asked);
  // The stand-in's own answer, as its control route writes it.
  const made = JSON.parse(body) as {
    session: { id: string };
    session_token: string;
    cookie: string;
  };
  if (names.id) replay.known.pair(names.id, made.session.id);
  if (names.token) replay.known.pair(names.token, made.session_token);
  if (names.cookieIn) {
    const [, recorded = ''] = /ory_kratos_session=([^;]*)/.exec(cookieIn(names.cookieIn)) ?? [];
    replay.known.pair(recorded, made.cookie.replace('ory_kratos_session=', ''));
  }
  return made.session.id;
}

async function authenticated(replay: Replay, id: string, agoMs: number): Promise<void> {
  const authenticatedAt = new Date(Date.now() - agoMs).toISOString();
  const session = replay.known.get(id) ?? id;
  await replay.send('PATCH', `/.standin/sessions/${session}`, { authenticatedAt });
}

async function nameLastSession(replay: Replay, recordedId: string): Promise<void> {
  const ids = await sessionsOf(replay, 'lea');
  replay.known.alias(recordedId, ids.at(-2) ?? '');
}

/** The ids of somebody's sessions, the newest first. */
async function sessionsOf(replay: Replay, person: Person): Promise<string[]> {
  const path = `/admin/identities/${PEOPLE[person].id}/sessions`;
  const { body } = await replay.send('GET', path);
  return (JSON.parse(body) as { id: string }[]).map(({ id }) => id);
}

/** Has the code of a browser's recovery sent, which was not recorded. */
async function askForCode(replay: Replay, recordedFlow: string): Promise<void> {
  const path = replay.known.translate(`/self-service/recovery?flow=${recordedFlow}`);
  const recorded = RECORDINGS.get('267');
  const cookie = new Map(recorded?.request.headers).get('Cookie') ?? '';
  const { csrf_token: token = '' } = JSON.parse(recorded?.request.body ?? '{}') as Record<
    string,
    string
  >;
  const fields = {
    method: 'code',
    email: 'demo@example.com',
    csrf_token: replay.known.translate(token),
  };
  await replay.send('POST', path, fields, [
    ['Accept', 'application/json'],
    ['Cookie', replay.known.translate(cookie)],
  ]);
}

/** Cookies tell whole seconds apart. */
function secondsPass(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1100));
}

function recordedPath(wanted: string): string {
  return RECORDINGS.get(wanted)?.request.path ?? '';
}

function cookieIn(wanted: string): string {
  const recording = RECORDINGS.get(wanted);
  return new Map(recording?.request.headers).get('Cookie') ?? '';
}

function pageTokenIn(text: string, relation?: string): string {
  const link = text.split(',').find((part) => !relation || part.includes(`rel="${relation}"`));
  return /page_token=([\w+/-]+)/.exec(link ?? '')?.[1] ?? '';
}

function idIn(body: string): string {
  return (JSON.parse(body) as { id: string }).id;
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Difference } from './replay/compare.ts';
import { settingsOf } from './replay/configurations.ts';
import { DifferenceList } from './replay/differences.ts';
import { beginFlow } from './replay/flows.ts';
import { type RecordedResponse, type Recording, readRecordings } from './replay/recording.ts';
import { Replay } from './replay/replay.ts';
import { takeSteps } from './replay/state.ts';

/** The exchanges build on each other: each test needs those before it, so that a single one cannot be run alone. */
describe('the stand-in for Kratos, held to recordings of the real one', () => {
  const recordings = readRecordings();
  const list = new DifferenceList();
  let replay: Replay;
  let configuration = '';

  beforeAll(async () => {
    replay = await Replay.start();
  });
  afterAll(() => replay.stop());

  for (const recording of recordings) {
    it(`answers ${recording.number} ${recording.name} as recorded`, async () => {
      await prepare(recording);
      const found = list.unlisted(recording.number, await replay.replay(recording));
      expect(found, report(found)).toEqual([]);
    });
  }

  it('shows every difference that is listed', () => {
    expect(list.gone()).toEqual([]);
  });

  describe('finds a difference in an altered recording', () => {
    const original = named('whoami-token');
    const answer = original.response;
    const alterations: [what: string, place: string, altered: RecordedResponse][] = [
      ['status', 'status', { ...answer, status: 401 }],
      ['header value', 'header vary', withHeader('Vary', 'Accept')],
      ['missing header', 'header etag', withHeader('ETag', '"1"')],
      ['value', 'body.authenticator_assurance_level', withText('"aal1"', '"aal2"')],
      ['type', 'body.active', withText('"active":true', '"active":"true"')],
      ['member', 'body.activated', withText('"active":', '"activated":')],
      ['null member', 'body.identity.organization_id', withText('_id":null', '_id":""')],
      ['identity', 'body.id', withText('69fd29b5-e05b', '69fd29b5-e05c')],
      ['form of a value', 'body.issued_at', withText('.717461Z"', '.7174610001Z"')],
      ['time', 'body.expires_at', withText('2026-11-27', '2026-11-28')],
      ['address', 'body.identity.schema_url', withText('/schemas/', '/schema/')],
    ];

    function withHeader(name: string, value: string): RecordedResponse {
      const others = answer.headers.filter(([other]) => other !== name);
      return { ...answer, headers: [...others, [name, value]] };
    }

    function withText(text: string, altered: string): RecordedResponse {
      return { ...answer, body: answer.body.replaceAll(text, altered) };
    }

    it('finds none in the recording as it is', async () => {
      await replay.configure(settingsOf(original.config, original.name));
      const again = named('dbback-whoami-token');
      const found = await replay.replay(again);
      expect(found, report(found)).toEqual([]);
    });

    it.for(alterations)('%s', async ([, place, altered]) => {
      const differences = await replay.replay({ ...original, response: altered });
      expect(differences.map(({ at }) => at)).toContain(place);
    });
  });

  async function prepare({ number, ...recording }: Recording): Promise<void> {
    const settings = settingsOf(recording.config, recording.name);
    const wanted = JSON.stringify(settings);
    if (wanted !== configuration) await replay.configure(settings);
    configuration = wanted;
    await takeSteps(replay, number);
    await beginFlow(replay, { number, ...recording });
  }

  function named(wanted: string): Recording {
    const found = recordings.find(({ name }) => name === wanted);
    if (!found) throw new Error(`no recording is named ${wanted}`);
    return found;
  }
});

function report(differences: readonly Difference[]): string {
  return differences
    .map(({ at, recorded, replayed }) => `${at}: recorded ${recorded}, replayed ${replayed}`)
    .join('\n');
}

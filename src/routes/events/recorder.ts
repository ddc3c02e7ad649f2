import { digestName } from '../../credentials/credential-name.ts';
import type { AppendOptions } from '../../revocation/log-protocol.ts';
import type { LogWriter } from '../../revocation/log-writer.ts';
import type { Mark } from '../../revocation/mark.ts';
import type { ReadNames } from '../../session/identity-names.ts';
import { readUuid } from '../../session/uuid.ts';

export interface RecorderOptions {
  readonly writer: Pick<LogWriter, 'record'>;
  /** Reads the other names of people that tokens may have; `undefined`: there are none, or nobody knows them. */
  readonly readNames: ReadNames | undefined;
  /** Issuers whose tokens may have such a name. */
  readonly issuersOfNames: readonly string[];
}

/** What a message asks for, and what its sender knows. */
export interface Recording {
  readonly marks: readonly Mark[];
  /** Names the message as its sender does, so that it is acted upon once. */
  readonly once?: NonNullable<AppendOptions['once']> | undefined;
  /** The message names its people by every name they have. */
  readonly hasEveryName?: boolean;
}

/**
 * - `recorded`: by this message;
 * - `repeated`: by an earlier message of the same name that asked for the same;
 * - `unrecorded`: the log could not be written;
 * - `names-unknown`: what the message names was recorded, and the other names of its people could not be found out.
 */
export type RecordOutcome = Awaited<ReturnType<LogWriter['record']>> | 'names-unknown';

/**
 * Records what messages name. A person who is named by the identity's id is recorded by the external id too, where
 * tokens may hold that alone: only so do the marks reach them.
 */
export class Recorder {
  readonly #options: RecorderOptions;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async record({ marks, once, hasEveryName = false }: Recording): Promise<RecordOutcome> {
    const { writer } = this.#options;
    const more = hasEveryName ? [] : await this.#byOtherNames(marks);
    if (more !== undefined) {
      return writer.record([...marks, ...more], once && (await whole(once, marks)));
    }
    // Not as the message of that name: its sender is told to send it again.
    const outcome = await writer.record(marks);
    return outcome === 'unrecorded' ? outcome : 'names-unknown';
  }

  /** The same marks by the other names of their people; `undefined` when they could not be found out. */
  async #byOtherNames(marks: readonly Mark[]): Promise<readonly Mark[] | undefined> {
    const { readNames } = this.#options;
    const people = marks.flatMap((mark) => this.#personOf(mark));
    if (readNames === undefined || people.length === 0) return [];
    const names = await readNames([...new Set(people.map(({ id }) => id))]);
    return names && people.flatMap(({ id, markBy }) => (names.get(id) ?? []).map(markBy));
  }

  /** Whom a mark denies tokens of which may have another name, with that mark by such a name. */
  #personOf(mark: Mark): { id: string; markBy: (name: string) => Mark }[] {
    const { subject } = mark;
    if (subject.kind !== 'identity' || mark.isTentative) return [];
    const { identityId, issuer } = subject;
    const isTheirs = issuer === undefined || this.#options.issuersOfNames.includes(issuer);
    const id = isTheirs ? readUuid(identityId) : undefined;
    const markBy = (name: string): Mark => ({ ...mark, subject: { ...subject, identityId: name } });
    return id === undefined ? [] : [{ id, markBy }];
  }
}

/** The name of a message together with what it asks for: a name used twice says nothing of the second message. */
async function whole(
  { key, keepMs }: NonNullable<Recording['once']>,
  marks: readonly Mark[],
): Promise<NonNullable<Recording['once']>> {
  return { key: `${key}\n${await digestName('v1m', [JSON.stringify(marks)])}`, keepMs };
}

import { digestName } from '../../credentials/credential-name.ts';
import type { AppendOptions } from '../../revocation/log-protocol.ts';
import type { LogWriter } from '../../revocation/log-writer.ts';
import type { Mark } from '../../revocation/mark.ts';
import type { ReadNames } from '../../session/identity-names.ts';
import { readUuid } from '../../session/uuid.ts';

export interface RecorderOptions {
  readonly writer: Pick<LogWriter, 'record'>;
  /** Reads the other names of identities that tokens may carry; `undefined`: there are none, or no source has them. */
  readonly readNames: ReadNames | undefined;
  /** Issuers whose tokens may carry such a name. */
  readonly issuersOfNames: readonly string[];
}

/** The marks that a message asks for, and what its sender says about them. */
export interface Recording {
  readonly marks: readonly Mark[];
  /** The sender's name for the message, so that the message is recorded only once. */
  readonly once?: NonNullable<AppendOptions['once']> | undefined;
  /** Whether the message gives every name of its identities. */
  readonly hasEveryName?: boolean;
}

/**
 * - `recorded`: the marks were recorded;
 * - `repeated`: an earlier message of the same name had recorded the same marks;
 * - `unrecorded`: the log could not be written;
 * - `names-unknown`: the marks were recorded, but the other names of their identities could not be read.
 */
export type RecordOutcome = Awaited<ReturnType<LogWriter['record']>> | 'names-unknown';

/**
 * Records the marks of messages. If a message names an identity by its id, the identity is marked by its external id
 * too. A token may carry only the external id, and only that second mark denies such a token.
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
    // Recorded without the message's name, because the sender is told to send the message again.
    const outcome = await writer.record(marks);
    return outcome === 'unrecorded' ? outcome : 'names-unknown';
  }

  /** Makes the same marks by the identities' other names; `undefined` when these could not be read. */
  async #byOtherNames(marks: readonly Mark[]): Promise<readonly Mark[] | undefined> {
    const { readNames } = this.#options;
    const people = marks.flatMap((mark) => this.#personOf(mark));
    if (readNames === undefined || people.length === 0) return [];
    const names = await readNames([...new Set(people.map(({ id }) => id))]);
    return names && people.flatMap(({ id, markBy }) => (names.get(id) ?? []).map(markBy));
  }

  /**
   * Returns the identity whose tokens a mark denies, if those tokens may carry another name of the identity. `markBy`
   * makes the same mark by such a name.
   */
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

/** Extends a message's name by its marks: a second message of the same name with other marks is recorded too. */
async function whole(
  { key, keepMs }: NonNullable<Recording['once']>,
  marks: readonly Mark[],
): Promise<NonNullable<Recording['once']>> {
  return { key: `${key}\n${await digestName('v1m', [JSON.stringify(marks)])}`, keepMs };
}

// No I/O, no clock.
import { foldBelievedName, HOP_BY_HOP } from '../http/header-names.ts';
import { LOOP_HEADER } from '../http/loop-detection.ts';
import { isAboutRequest, isIdentity as isIdentityName } from './believed-headers.ts';
import { REWRITTEN_HEADERS } from './origin-address.ts';

/** The use that the gate has for a header of exactly this name. */
export type HeaderUse =
  | 'authorization'
  | 'cookie'
  | 'upgrade'
  | 'accepted-encoding'
  | 'client-address'
  | 'passed-gates'
  | 'connection'
  | 'set-cookie'
  | 'url'
  | 'for-caches'
  | 'way-past';

const USES: ReadonlyMap<string, HeaderUse> = new Map<string, HeaderUse>([
  ['authorization', 'authorization'],
  ['cookie', 'cookie'],
  ['upgrade', 'upgrade'],
  ['accept-encoding', 'accepted-encoding'],
  ['cf-connecting-ip', 'client-address'],
  [LOOP_HEADER, 'passed-gates'],
  ['connection', 'connection'],
  ['set-cookie', 'set-cookie'],
  ...REWRITTEN_HEADERS.map((name) => [name, 'url'] as const),
  // They tell caches other than the browser's to keep an answer.
  ['expires', 'for-caches'],
  ['cdn-cache-control', 'for-caches'],
  ['cloudflare-cdn-cache-control', 'for-caches'],
  ['surrogate-control', 'for-caches'],
  // Alt-Svc (RFC 7838) would send clients past the gate, to a server that answers for the site itself.
  ['alt-svc', 'way-past'],
]);

/** The meaning that a header's name has for some origin. */
export interface HeaderClass {
  readonly folded: string;
  /** Whether the header identifies a user or a client. An origin should not send such a header to clients. */
  readonly isIdentity: boolean;
  /** Whether an origin may trust the header only when Postern set it. */
  readonly isUntrusted: boolean;
  /** Whether the header is for one connection only, whatever `Connection` says. */
  readonly isHopByHop: boolean;
  readonly use: HeaderUse | undefined;
}

/** This is enough for every name in common use. A client that invents names cannot fill the memory. */
const MAX_KNOWN_NAMES = 1000;
const MAX_KNOWN_LENGTH = 64;

/**
 * Decides by folded name which headers may pass. `X_User_Id`, `X.User.Id` and `x-user-id` are one name here, as they
 * are at the origin.
 *
 * An application's own credentials (`X-Api-Key`, `X-CSRF-Token`) are not filtered: a client has to know their value.
 * The filtered headers are trusted whenever they are present.
 */
export class HeaderFilter {
  readonly #ours: ReadonlySet<string>;
  /** Meanings by name. Clients send the same few names again and again. */
  readonly #known = new Map<string, HeaderClass>();

  /** @param ownNames headers that Postern itself sets on the request to the origin */
  constructor(ownNames: Iterable<string>) {
    this.#ours = new Set(Array.from(ownNames, foldBelievedName));
  }

  classifyHeader(name: string): HeaderClass {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const folded = foldBelievedName(name);
    const isIdentity = this.#ours.has(folded) || isIdentityName(folded);
    const meaning: HeaderClass = {
      folded,
      isIdentity,
      isUntrusted: isIdentity || isAboutRequest(folded),
      isHopByHop: HOP_BY_HOP.has(folded),
      use: USES.get(name),
    };
    if (this.#known.size < MAX_KNOWN_NAMES && name.length <= MAX_KNOWN_LENGTH) {
      this.#known.set(name, meaning);
    }
    return meaning;
  }
}

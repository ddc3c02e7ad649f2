// No I/O, no clock.
import type { Explanation } from '../errors/explanation.ts';
import type { Reason } from '../errors/reasons.ts';
import type { JsonObject } from '../runtime/json.ts';
import type { LanguageCode } from './language.ts';

/** What the site's owner chose for the pages. Every member may be left out. */
export interface Appearance {
  /** The site's name, on top of each page. */
  readonly name?: string | undefined;
  /** The URL of an image on top of each page, in place of the name. */
  readonly logoUrl?: string | undefined;
  /** The colour of the next step's button, as `#rrggbb`. */
  readonly accent?: string | undefined;
  /** The URL at which people get help: a page or an address for mail. */
  readonly supportUrl?: string | undefined;
  /** The site's own HTML around the content, with the placeholders of `template.ts`. */
  readonly template?: string | undefined;
  /** The language of every page. By default it is the one that the browser asks for. */
  readonly language?: LanguageCode | undefined;
}

/** The parts of a request on which a page depends. */
export interface Asker {
  readonly method: string;
  readonly headers: Headers;
  /** The platform's properties of the request. They name the visitor's time zone. */
  readonly cf?: unknown;
}

export interface PageInit {
  readonly status: number;
  readonly headers: Headers;
}

/** The pages for people, each with what it shows. Texts are plain; they are escaped when the page is rendered. */
export interface PageModels {
  readonly error: ExplainedError;
  readonly sessions: SessionsModel;
  readonly 'sign-out': SignOutModel;
  readonly 'signed-out': SignedOutModel;
}

export type PageName = keyof PageModels;

/** A refusal, a denial or a fault. */
export interface ErrorModel {
  readonly reason: Reason;
  /** Whether a sign-out was not completed, for this reason. */
  readonly isSignOut?: boolean;
  /** The reason for which the person was sent to sign in again and again; only for `redirect_loop`. */
  readonly cause?: Reason;
  /** The name of the account that is signed in, if it is known. */
  readonly account?: string | undefined;
  /** The URL at which the person can sign in. */
  readonly signInUrl?: string | undefined;
  /** The URL at which the person can sign in with another account. */
  readonly otherAccountUrl?: string | undefined;
}

/** An error with the texts for the operator, which are in English. */
export interface ExplainedError extends ErrorModel {
  readonly explanation: Explanation;
  /** The next step that the cause names; `undefined` if there is no cause. */
  readonly causeHint: string | undefined;
}

/** A session to show, with the document of its provider. */
export interface ShownSession {
  readonly id: string;
  readonly document: JsonObject;
}

/** A person's sessions, with a button to end each of them. */
export interface SessionsModel {
  /** The account's name; `undefined` if the session tells none. */
  readonly account: string | undefined;
  readonly current: ShownSession;
  /** Whether the provider told which session is that of the request. Otherwise it may be among `others`. */
  readonly isCurrentKnown: boolean;
  /** Whether the request's session is that of a cookie, which a sign-out ends. */
  readonly canSignOut: boolean;
  /** Whether the end of a session also ends tokens of its application, which name no session. */
  readonly endsTokens: boolean;
  readonly others: readonly ShownSession[];
  /** Whether the person may have more sessions than `others` shows. */
  readonly isCut: boolean;
  /** The token that the form sends back with a change. It proves that this page made the request. */
  readonly formToken: string;
  /** The label of the session that was just ended, or {@link ALL_OTHERS}; `undefined` if none was. */
  readonly ended: string | undefined;
}

/** The page with the button to sign out. */
export interface SignOutModel {
  /** One token for each session that the form ends. */
  readonly formTokens: readonly string[];
  /** Names of the accounts, if the sessions tell them. */
  readonly accounts: readonly string[];
}

/** The page after a sign-out. */
export interface SignedOutModel {
  readonly next: NextPage;
}

/** The place to which the page after a sign-out leads. */
export interface NextPage {
  readonly url: string;
  /** `issuer`: the issuer's own sign-out. */
  readonly kind: 'home' | 'return-to' | 'issuer';
  /** Whether the browser goes there by itself. */
  readonly isAtOnce: boolean;
}

/** The form fields of the pages. */
export const TOKEN_FIELD = 'token';
/** The field with the session to end: {@link endValue}, {@link ALL_OTHERS} or {@link CURRENT}. */
export const END_FIELD = 'end';
export const ALL_OTHERS = 'others';
/** Signs the browser out. */
export const CURRENT = 'current';

const MAX_LABEL_LENGTH = 200;

/** Writes the value of a button that ends one session: its id, and its label for the page after it. */
export function endValue(id: string, label: string): string {
  return `${id} ${label}`;
}

/** Reads the value of the pressed button. An id contains no space. */
export function readEndValue(value: string): { readonly id: string; readonly label: string } {
  const [id = ''] = value.split(' ', 1);
  return { id, label: value.slice(id.length + 1, id.length + 1 + MAX_LABEL_LENGTH) };
}

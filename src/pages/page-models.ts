// No I/O, no clock.
import type { Explanation } from '../errors/explanation.ts';
import type { Reason } from '../errors/reasons.ts';
import type { JsonObject } from '../runtime/json.ts';

/** What the site's owner chose for the pages. Every member may be left out. */
export interface Appearance {
  /** The site's name, on top of each page. */
  readonly name?: string | undefined;
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

/** A person's sessions, with a button to end each session except the current one. */
export interface SessionsModel {
  readonly current: ShownSession;
  /** Whether the provider told which session is that of the request. Otherwise it may be among `others`. */
  readonly isCurrentKnown: boolean;
  /** Whether the end of a session also ends tokens of its application, which name no session. */
  readonly endsTokens: boolean;
  readonly others: readonly ShownSession[];
  /** Whether the person may have more sessions than `others` shows. */
  readonly isCut: boolean;
  /** The token that the form sends back with a change. It proves that this page made the request. */
  readonly formToken: string;
  /** Whether a change has just been made. */
  readonly isChanged: boolean;
}

/** The page with the button to sign out. */
export interface SignOutModel {
  readonly action: string;
  readonly formToken: string;
}

/** The page after a sign-out. */
export interface SignedOutModel {
  /** The URL of the issuer's own sign-out, where the browser goes on by itself; `undefined` if there is none. */
  readonly next: string | undefined;
}

/** The form fields of the pages. */
export const TOKEN_FIELD = 'token';
/** The field with the id of the session to end, or {@link ALL_OTHERS}. */
export const END_FIELD = 'end';
export const ALL_OTHERS = 'others';

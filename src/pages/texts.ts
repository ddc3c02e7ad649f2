// No I/O, no clock.
import { html } from 'hono/html';

type Markup = ReturnType<typeof html>;

/**
 * The texts of the pages in English. Every other language has the same keys, and the same `{placeholders}` in each text.
 * A text says what happened, and what to do. It names no part of Postern: those words are for the operator.
 */
export const ENGLISH = {
  // Faults: they pass.
  checkFailedTitle: 'Your sign-in can’t be checked right now',
  checkFailed:
    'This is a problem on our side, not with your account. Please try again in a moment.',
  serviceDownTitle: 'The sign-in service isn’t responding',
  serviceDown:
    'Please try again in a moment. If you just changed something, check whether the change was made.',
  signInDownTitle: 'Signing in isn’t possible right now',
  signInDown: 'The sign-in service isn’t responding. Please try again in a moment.',
  siteDownTitle: 'This site isn’t responding',
  siteDown: 'Please try again in a moment.',
  wentWrongTitle: 'Something went wrong',
  wentWrong: 'This is a problem on our side. Please try again in a moment.',
  busyTitle: 'Too many requests',
  busy: 'Nothing was changed. Please wait a moment, then try again.',
  unchangedTitle: 'Nothing was changed',
  unchanged: 'Your change couldn’t be saved. Please try again in a moment.',
  unsureTitle: 'Your change may not be complete',
  unsure: 'Please make the same change again, until it succeeds.',

  // Faults that last: somebody has to do something.
  misconfiguredTitle: 'This site isn’t set up correctly',
  misconfigured: 'You can’t fix this yourself. Please tell the people who run this site.',
  signInFailedTitle: 'You couldn’t be signed in',
  signInFailed:
    'This isn’t your mistake: something in the site’s sign-in is not set up correctly. Please tell the people who run this site.',
  accountTooLargeTitle: 'Your account can’t be used here',
  accountTooLarge:
    'Your account holds more data than this site can take. Please tell the people who run this site.',

  // Sign-in.
  signedOutTitle: 'You are not signed in',
  signedOut: 'This page needs a sign-in, and this site has no page to sign in at.',
  declinedTitle: 'You are not signed in',
  declined: 'The sign-in was cancelled, or this account may not use this site.',
  signInOverTitle: 'This sign-in is no longer valid',
  signInOver:
    'It was completed already, took longer than 10 minutes, or was begun in another browser. Please sign in again.',
  loopTitle: 'Signing in didn’t work',
  loop: 'You came back from the sign-in page several times without being signed in. Delete the cookies of this site, then try again.',
  signInAgainTitle: 'Please sign in again',
  signInAgain: 'This page needs a new or a stronger sign-in.',

  // The account.
  noAccessTitle: 'You don’t have access',
  noAccess: 'You are signed in, but this account can’t open this page.',
  noAccessAs: 'You are signed in as {account}, but this account can’t open this page.',

  // The request.
  notFoundTitle: 'Page not found',
  notFound: 'Check the address, or go to the start page.',
  badAddressTitle: 'This address isn’t valid',
  badAddress: 'Check the address, or go to the start page.',
  unknownHostTitle: 'There is no site at this address',
  unknownHost: 'Check the address that you opened.',
  tooMuchDataTitle: 'Your browser sends too much data',
  tooMuchData: 'Delete the cookies of this site, then try again.',
  notForBrowsersTitle: 'This page can’t be opened in a browser',
  notForBrowsers: 'The address is meant for programs, or for a form of this site.',
  formOverTitle: 'This form is no longer valid',
  formOver: 'Nothing was changed. Please open the page again.',
  notListedTitle: 'Your sessions can’t be shown here',
  notListed: 'This site doesn’t know where else you are signed in.',

  // What to do.
  tryAgain: 'Try again',
  triesAgain: 'This page tries again by itself in {wait}.',
  home: 'Go to the start page',
  openAgain: 'Open the page again',
  signIn: 'Sign in',
  signInOnceMore: 'Sign in again',
  otherAccount: 'Use another account',
  support: 'Contact support',

  // Details, for the people whom the person asks for help.
  details: 'Details',
  code: 'Code',
  time: 'Time',
  request: 'Request ID',

  // The sessions page.
  sessionsTitle: 'Your sessions',
  thisSession: 'This session',
  otherSessions: 'Other sessions',
  sessions: 'Sessions',
  noOthers: 'You are signed in nowhere else.',
  noSessions: 'There are no sessions to show.',
  mayBeOneOfThese: 'This session may be one of these.',
  endsTokens: 'When you end a session, your other access to its application ends too.',
  cutOff: 'No more than {count} are shown.',
  endedSession: 'Ended: {session}',
  endedOne: 'The session was ended.',
  endedOthers: 'All other sessions were ended.',
  endedAll: 'The sessions were ended.',
  end: 'End',
  endOf: 'End the session: {session}',
  endOthers: 'End all other sessions',
  endAll: 'End all sessions',
  signedInAt: 'Signed in on {time}',
  signedInAtWith: 'Signed in on {time} with {methods}',
  signedInWith: 'Signed in with {methods}',
  signedInHere: 'Signed in',
  deviceOn: '{browser} on {system}',
  unknownBrowser: 'Browser',
  unknownDevice: 'Unknown device',
  anApplication: 'An application',
  numbered: '{session} (no. {number})',

  // Sign-in methods.
  methodPassword: 'password',
  methodTotp: 'authenticator app',
  methodSecurityKey: 'security key',
  methodPasskey: 'passkey',
  methodBackupCode: 'backup code',
  methodOneTimeCode: 'one-time code',
  methodRecoveryLink: 'recovery link',
  methodRecoveryCode: 'recovery code',
  methodSso: 'single sign-on',

  // Signing out.
  signOutTitle: 'Sign out',
  signOut: 'This ends your sign-in in this browser.',
  signOutButton: 'Sign out',
  signedInAs: 'You are signed in as {account}.',
  staySignedIn: 'Stay signed in',
  nowSignedOutTitle: 'You are signed out',
  nowSignedOut: 'You are signed out of this site in this browser.',
  signOutThereToo: 'Sign out there too',
  goOn: 'Continue',
  notSignedOutTitle: 'You may still be signed in',
  notSignedOut: 'Your sign-out was not completed. Please try again before you leave this device.',
} as const;

export type TextKey = keyof typeof ENGLISH;
/** The texts of the pages in one language. */
export type Texts = Readonly<Record<TextKey, string>>;

/** Puts values in the place of the `{placeholders}` of a text. An unknown placeholder stays. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => values[name] ?? placeholder);
}

/** Returns a text with markup in the place of one placeholder. */
export function fillWith(text: string, name: string, value: Markup): Markup {
  const [before = '', after = ''] = text.split(`{${name}}`);
  return html`${before}${value}${after}`;
}

// Pure: no I/O, no clock.

/** The path at which a browser begins to sign in at the issuer. */
export const SIGN_IN_PATH = '/.postern/sign-in';
/** The path that the issuer sends the browser back to. Its URL at each host is a redirect URI of the client. */
export const CALLBACK_PATH = '/.postern/sign-in/callback';
/** The path of the page with which a person signs out. */
export const SIGN_OUT_PATH = '/.postern/sign-out';

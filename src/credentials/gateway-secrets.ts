/**
 * Secrets of Postern's own configuration. A bearer that is one of them and was sent to a wrong path is no session
 * credential: it is not looked up and goes no further.
 */
export type OwnSecrets = ReadonlySet<string>;

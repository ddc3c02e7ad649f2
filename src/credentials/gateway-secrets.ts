/**
 * Secrets of Postern's own configuration. A client may send one as a bearer to a wrong path. Such a bearer is no
 * session credential: it is neither looked up nor forwarded.
 */
export type GatewaySecrets = ReadonlySet<string>;

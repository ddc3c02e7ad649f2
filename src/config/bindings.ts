// Pure: no I/O, no clock.

/** Bindings in the Worker's environment by name, each with its kind. They are not settings. */
export const BINDINGS = {
  /** Sealed sessions, shared between isolates. Without it, each isolate caches sessions only for itself. */
  SESSIONS: 'KV namespace',
  /** The revocation log, class `RevocationLog`. Required unless `REVOCATION` is `off`. */
  REVOCATIONS: 'Durable Object',
  /**
   * The database of a self-hosted Kratos, from which the revocation log reads the [outbox](outbox.md) of changes.
   * With it, sessions stay fresh for `TOLD_FRESH_SECONDS`.
   */
  KRATOS_DB: 'Hyperdrive',
  /**
   * A Worker that forwards to Kratos, for example a Worker near Kratos. Without it, Kratos is called over the network.
   */
  KRATOS: 'service',
  /** A Worker that forwards to Kratos’s admin API. Without it, `KRATOS_ADMIN_URL` is called over the network. */
  KRATOS_ADMIN: 'service',
  /** A Worker that forwards to Keycard’s API. Without it, `KEYCARD_API_URL` is called over the network. */
  KEYCARD: 'service',
  /** The site, if it is itself a Worker. Without it, `ORIGIN_URL` is called over the network. */
  ORIGIN: 'service',
  /**
   * One data point per decision ([Counting](deployment.md#counting)). Without it, decisions are not counted.
   */
  METRICS: 'Analytics Engine dataset',
} as const;

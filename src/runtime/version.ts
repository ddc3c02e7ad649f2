// No I/O, no clock.

/** The version of Postern, as in package.json. `/.postern/health/` and the log line have it. */
export const VERSION = '0.1.0';

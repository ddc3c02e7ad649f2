/** The stand-in's settings for each configuration of the recordings, by the words that the recordings have for it. */

const TOKENIZERS = {
  postern: { algorithm: 'ES256', mapsSession: true, claims: { aud: 'postern' }, ttlSeconds: 600 },
};

const CONFIGURATIONS: Readonly<Record<string, Record<string, unknown>>> = {
  'default: --dev, session.lifespan 24h, whoami.required_aal highest_available, cookie Lax persistent, PostgreSQL':
    {},
  'cacheable_sessions on, max_age 60s': { cacheFor: 60 },
  'cacheable_sessions on, no max_age': { cacheFor: 365 * 86_400 },
  'session.whoami.required_aal aal1': { requiredAal: 'aal1' },
  'feature_flags.faster_session_extend': { fasterSessionExtend: true },
  'session.earliest_possible_extend 1h, faster_session_extend': {
    earliestPossibleExtendSeconds: 3600,
    fasterSessionExtend: true,
  },
  'session.earliest_possible_extend 1h': { earliestPossibleExtendSeconds: 3600 },
  'settings.required_aal highest_available': { settingsRequiredAal: 'highest_available' },
  'serve.public.cors enabled, allowed_origins https://app.example.com': {
    corsOrigins: ['https://app.example.com'],
  },
  'without --dev, base_url https://auth.example.com/, CSRF and session cookies Secure': {
    publicUrl: 'https://auth.example.com',
    isDev: false,
  },
  'the database refuses connections': { databaseFailing: true },
  'after the database is back': {},
  'statement_timeout 300ms and the table sessions locked': { statementsTimeOut: true },
};

/** The settings that stand for a configuration. Throws for one that no recording had before. */
export function settingsOf(configuration: string, recordingName: string): Record<string, unknown> {
  const settings = CONFIGURATIONS[configuration];
  if (settings === undefined) throw new Error(`no settings stand for "${configuration}"`);
  // Recorded after the lock was gone, under the same configuration.
  if (recordingName.startsWith('timeout-over')) return { tokenizers: TOKENIZERS };
  return { tokenizers: TOKENIZERS, ...settings };
}

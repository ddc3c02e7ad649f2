// Pure: no I/O, no clock. The longest bodies that Postern reads whole, in bytes. No part of a longer body is used.

/** A request to the session API or the sessions page. 500 ids take 20 KiB. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** A message to the webhook. */
export const MAX_WEBHOOK_BYTES = 64 * 1024;
/** A form of OpenID Connect Back-Channel Logout 1.0, with one logout token. */
export const MAX_LOGOUT_FORM_BYTES = 32 * 1024;
/** Traces of Kratos, decompressed. With a batch of 4,096 spans they have 1.1 MB. */
export const MAX_TRACES_BYTES = 4 * 1024 * 1024;
/** A security event token. */
export const MAX_SECURITY_EVENT_BYTES = 16 * 1024;

/** Kratos's answer to whoami, about 1 KiB. Traits and metadata can make it larger, but not this large. */
export const MAX_WHOAMI_BYTES = 256 * 1024;
/** Kratos's answer about its readiness. */
export const MAX_READINESS_BYTES = 4096;
/** A flow or an error of Kratos. A flow with many nodes has tens of KiB. */
export const MAX_FLOW_BYTES = 1024 * 1024;
/** A page of Kratos's sessions or identities, each with all of its traits. */
export const MAX_KRATOS_PAGE_BYTES = 4 * 1024 * 1024;

/** Keycard's token for the service account. */
export const MAX_SERVICE_TOKEN_BYTES = 64 * 1024;
/** The tokens of a sign-in: an access token, a refresh token and an ID token. */
export const MAX_TOKEN_RESPONSE_BYTES = 64 * 1024;
/** A page of Keycard's sessions. */
export const MAX_KEYCARD_PAGE_BYTES = 2 * 1024 * 1024;

/** An issuer's key set, or its metadata. */
export const MAX_KEY_SET_BYTES = 64 * 1024;

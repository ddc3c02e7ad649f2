// Pure: no I/O, no clock.

/** An id of Keycard's: at most 2,048 characters, and none that has a meaning in a path. */
export const KEYCARD_ID = /^[A-Za-z0-9_:~-][A-Za-z0-9_:.~-]{0,2047}$/;

// No I/O, no clock.

export interface Language {
  /** The language tag (RFC 5646), for `lang` and `Content-Language`. */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
}

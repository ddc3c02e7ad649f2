/** Worked examples of RFC 7520, 7797 and 8037: their keys and values, each under its section. The RFCs are the source. */

/** A member of a key or of a JSON serialisation, by name. */
type Members = Readonly<Record<string, string>>;

/** RFC 7520 sections 3.3 (public) and 3.4. */
export const RSA_PUBLIC: Members = {
  kty: 'RSA',
  kid: 'bilbo.baggins@hobbiton.example',
  use: 'sig',
  n: [
    'n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZ',
    'QHz_AJmSCpMaJMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oB',
    'HqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVb',
    'b9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHd',
    'rNP5zw',
  ].join(''),
  e: 'AQAB',
};
export const RSA_PRIVATE: Members = {
  ...RSA_PUBLIC,
  d: [
    'bWUC9B-EFRIo8kpGfh0ZuyGPvMNKvYWNtB_ikiH9k20eT-O1q_I78eiZkpXxXQ0UTEs2LsNRS-8uJbvQ-A1i',
    'rkwMSMkK1J3XTGgdrhCku9gRldY7sNA_AKZGh-Q661_42rINLRCe8W-nZ34ui_qOfkLnK9QWDDqpaIsA-bMw',
    'WWSDFu2MUBYwkHTMEzLYGqOe04noqeq1hExBTHBOBdkMXiuFhUq1BU6l-DqEiWxqg82sXt2h-LMnT3046AOY',
    'JoRioz75tSUQfGCshWTBnP5uDjd18kKhyv07lhfSJdrPdM5Plyl21hsFf4L_mHCuoFau7gdsPfHPxxjVOcOp',
    'BrQzwQ',
  ].join(''),
};

/** RFC 7520 sections 3.1 (public) and 3.2. */
export const EC_PUBLIC: Members = {
  kty: 'EC',
  kid: 'bilbo.baggins@hobbiton.example',
  use: 'sig',
  crv: 'P-521',
  x: [
    'AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5c',
    'j0Kt',
  ].join(''),
  y: [
    'AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-Hq',
    'HZR1',
  ].join(''),
};
export const EC_PRIVATE: Members = {
  ...EC_PUBLIC,
  d: [
    'AAhRON2r9cqXX1hg-RoI6R1tX5p2rUAYdmpHZoC1XNM56KtscrX6zbKipQrCW9CGZH3T4ubpnoTKLDYJ_fF3',
    '_rJt',
  ].join(''),
};

/** RFC 7520 sections 3.5 and 3.6, and RFC 7515 appendix A.1, which RFC 7797 section 4 uses. */
export const SYMMETRIC_KEYS: readonly Members[] = [
  {
    kty: 'oct',
    kid: '018c0ae5-4d9b-471b-bfd6-eef314bc7037',
    use: 'sig',
    alg: 'HS256',
    k: 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
  },
  {
    kty: 'oct',
    kid: '1e571774-2e08-40da-8308-e8d68773842d',
    use: 'enc',
    alg: 'A256GCM',
    k: 'AAPapAv4LbFbiVawEjagUBluYqN5rhna-8nuldDvOx8',
  },
  {
    kty: 'oct',
    alg: 'HS256',
    k: [
      'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CA',
      'ow',
    ].join(''),
  },
];

/** RFC 8037 appendices A.1 and A.2. */
export const ED25519_PUBLIC: Members = {
  kty: 'OKP',
  crv: 'Ed25519',
  use: 'sig',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
export const ED25519_PRIVATE: Members = {
  ...ED25519_PUBLIC,
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
};

/** RFC 7520 section 4: the payload of all its examples, in base64url. */
const PAYLOAD = [
  'SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0',
  'ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5v',
  'IGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4',
].join('');

export interface SignedExample {
  readonly section: string;
  readonly key: Members;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** Examples that an asymmetric key signed. */
export const SIGNED_EXAMPLES: readonly SignedExample[] = [
  {
    section: 'RFC 7520 section 4.1 (RS256)',
    key: RSA_PUBLIC,
    header: 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9',
    payload: PAYLOAD,
    signature: [
      'MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996i',
      'vp83xuglII7PNDi84wnB-BDkoBwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1u',
      'SNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAh',
      'b6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18',
      'kDquDg',
    ].join(''),
  },
  {
    section: 'RFC 7520 section 4.2 (PS384)',
    key: RSA_PUBLIC,
    header: 'eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9',
    payload: PAYLOAD,
    signature: [
      'cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsnk2IpN6-tPid6VrklHkqsGqDqH',
      'CdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSMxbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn',
      '442ZdNqiVJRmBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8cBE5awDzT0qI0',
      'n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-',
      'X72Eaw',
    ].join(''),
  },
  {
    section: 'RFC 7520 section 4.3 (ES512)',
    key: EC_PUBLIC,
    header: 'eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9',
    payload: PAYLOAD,
    signature: [
      'AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9qvbu9Plon7KRTzoNEuT4Va2cm',
      'L1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRu',
      'Bomu9xQ2',
    ].join(''),
  },
  {
    section: 'RFC 8037 appendix A.4 (EdDSA)',
    key: ED25519_PUBLIC,
    header: 'eyJhbGciOiJFZERTQSJ9',
    payload: 'RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
    signature: [
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0K',
      'Ag',
    ].join(''),
  },
];

const HS256_SIGNATURE = 's0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0';
const HS256_HEADER =
  'eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9';

/** Compact tokens that are keyed with a secret, detached, or not encoded. */
export const UNACCEPTABLE_TOKENS: readonly (readonly [section: string, token: string])[] = [
  ['RFC 7520 section 4.4 (HS256)', `${HS256_HEADER}.${PAYLOAD}.${HS256_SIGNATURE}`],
  ['RFC 7520 section 4.5 (detached)', `${HS256_HEADER}..${HS256_SIGNATURE}`],
  [
    'RFC 7797 section 4 (b64 is false)',
    'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.This is the payload string!.ciks0B6Hs-amhOqxI5_iG6mPKnMDlWCb7J2Wu7mtIcg',
  ],
  [
    'RFC 7797 section 4.2 (detached, b64 is false)',
    'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY',
  ],
];

/** An encrypted token (RFC 7516 section 3.1: five parts), of RFC 8037 appendix A.6's algorithm. */
export const ENCRYPTED_TOKEN = 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSJ9..aa.aa.aa';

/** The general and flattened JSON serialisations (RFC 7515 section 7.2) of the examples, and those of RFC 7520 and 7797. */
export const JSON_SERIALISATIONS: readonly object[] = [
  ...SIGNED_EXAMPLES.flatMap(({ header, payload, signature }) =>
    bothForms(payload, { protected: header, signature }),
  ),
  // RFC 7520 section 4.6: one header parameter is not protected.
  ...bothForms(PAYLOAD, {
    protected: 'eyJhbGciOiJIUzI1NiJ9',
    header: { kid: '018c0ae5-4d9b-471b-bfd6-eef314bc7037' },
    signature: 'bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20',
  }),
  // RFC 7520 section 4.7: no header parameter is protected.
  ...bothForms(PAYLOAD, {
    header: { alg: 'HS256', kid: '018c0ae5-4d9b-471b-bfd6-eef314bc7037' },
    signature: 'xuLifqLGiblpv9zBpuZczWhNj1gARaLV3UxvxhJxZuk',
  }),
  // RFC 7520 section 4.8: several signatures.
  {
    payload: PAYLOAD,
    signatures: SIGNED_EXAMPLES.map(({ header, signature }) => ({ protected: header, signature })),
  },
  // RFC 7797 section 4: the payload is not encoded.
  ...bothForms('$.02', {
    protected: 'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19',
    signature: 'A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY',
  }),
];

function bothForms(payload: string, signature: object): object[] {
  return [
    { payload, ...signature },
    { payload, signatures: [signature] },
  ];
}

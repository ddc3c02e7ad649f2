import {
  AUDIENCE_KINDS,
  ISSUER_KINDS,
  OTHER_CLAIM_KINDS,
  PRINCIPAL_KINDS,
  SCOPE_KINDS,
  TIME_KINDS,
} from './claims.ts';
import { FORM_KINDS, JSON_KINDS } from './forms.ts';
import { HEADER_KINDS, KEY_KINDS } from './headers.ts';
import type { TokenKind } from './kind.ts';

export const TOKEN_KINDS: readonly TokenKind[] = [
  ...KEY_KINDS,
  ...HEADER_KINDS,
  ...ISSUER_KINDS,
  ...AUDIENCE_KINDS,
  ...TIME_KINDS,
  ...PRINCIPAL_KINDS,
  ...SCOPE_KINDS,
  ...OTHER_CLAIM_KINDS,
  ...FORM_KINDS,
  ...JSON_KINDS,
];

import type { Config } from '../config/config.ts';
import { type ErrorShape, errorResponse, keycardErrorResponse } from '../errors/error-response.ts';

/** Whether clients here may know Kratos's answers: its sessions or its tokens count. */
export function speaksKratos({ KRATOS, ISSUERS }: Pick<Config, 'KRATOS' | 'ISSUERS'>): boolean {
  return KRATOS !== undefined || ISSUERS.some(({ preset }) => preset === 'kratos');
}

/** Returns the shape of errors outside of the session API: Kratos's, or Keycard's if no session of Kratos counts. */
export function errorShapeOf(config: Pick<Config, 'KRATOS' | 'ISSUERS'>): ErrorShape {
  return speaksKratos(config) ? errorResponse : keycardErrorResponse;
}

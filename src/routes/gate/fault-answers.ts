import type { ErrorShape } from '../../errors/error-response.ts';
import type { IdentificationFault } from '../../forwarding/identification.ts';
import type { OriginFault } from '../../forwarding/origin.ts';
import type { Answer } from '../../refusals/denial.ts';
import type { Verdict } from '../../rules/verdict.ts';

/** Answers a request whose session could not be checked: a fault, not a verdict. */
export function answerUnknown(
  { reason, retryAfterSeconds }: Extract<Verdict, { kind: 'cannot-tell' }>,
  errorShape: ErrorShape,
): Answer {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { response: errorShape(reason, wait), outcome: 'fault', reason };
}

/**
 * Answers a request that the origin did not answer.
 *
 * @param name of an origin of `ORIGINS`, for the log
 */
export function originFault(
  reason: OriginFault,
  errorShape: ErrorShape,
  name: string | undefined,
): Answer {
  const detail = name === undefined ? {} : { detail: `origin ${name}` };
  return { response: errorShape(reason), outcome: 'fault', reason, ...detail };
}

/**
 * Answers a request whose identity headers cannot be made. The request is not forwarded without them, because the
 * origin would read a missing header as a *no*.
 */
export function unidentified(
  { reason, detail }: IdentificationFault,
  errorShape: ErrorShape,
): Answer {
  const response = errorShape(reason);
  return { response, outcome: 'fault', reason, ...(detail !== undefined && { detail }) };
}

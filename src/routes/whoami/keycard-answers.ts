import { keycardErrorResponse } from '../../errors/error-response.ts';
import {
  type NotSignedIn,
  type SignedIn,
  sessionAnswer,
  type WhoamiAnswers,
} from './whoami-answers.ts';

/** whoami for a gateway without Kratos: a session of Keycard (`SessionUnion` of its `api/openapi.yaml`), or its error. */
export const KEYCARD_ANSWERS: WhoamiAnswers = Object.freeze({
  errorShape: keycardErrorResponse,
  session: (resolution: SignedIn) => sessionAnswer(resolution),
  refusal,
});

function refusal(resolution: NotSignedIn): Response {
  switch (resolution.outcome) {
    case 'not-signed-in':
      return keycardErrorResponse(resolution.reason);
    case 'insufficient':
      return keycardErrorResponse('session_aal2_required');
    case 'rejected':
      return keycardErrorResponse('parameter_not_valid');
    case 'not-cached':
      return keycardErrorResponse('not_cached');
    case 'unknown': {
      const { reason, retryAfterSeconds } = resolution;
      const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      return keycardErrorResponse(reason, wait);
    }
  }
}

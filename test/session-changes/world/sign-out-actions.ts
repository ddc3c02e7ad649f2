import { TOKEN_FIELD } from '../../../src/pages/page-models.ts';
import { type Action, AT_KRATOS, isDone, PAGE, postForm } from './action.ts';
import { type People, type Person, SITE } from './people.ts';
import { readFormToken } from './session-actions.ts';

const PATH = '/.postern/sign-out';
/** The cookie in which the site keeps a token. */
export const TOKEN_COOKIE = 'app_token';

/** Sign-out on Postern's own page, of each kind of session in a cookie. */
export const SIGN_OUT_ACTIONS: readonly Action[] = [
  {
    ...AT_KRATOS,
    ...signingOut('Kratos', ({ other }) => other.cookie),
    over: ['other'],
    untouched: ['caller', 'third', 'stranger'],
  },
  {
    ...signingOut('a Keycard token', ({ user }) => `${TOKEN_COOKIE}=${tokenOf(user)}`),
    guests: ['user', 'agent', 'elsewhere', 'application', 'bystander', 'stranger'],
    over: ['user', 'agent'],
    renewed: [],
    untouched: ['elsewhere', 'application', 'bystander', 'stranger'],
    isSuccess: isDone,
  },
];

function signingOut(kind: string, cookieOf: (people: People) => string) {
  return {
    name: `POST ${PATH} of ${kind}`,
    prepare: async (people: People, surroundings: Parameters<Action['prepare']>[1]) => {
      const cookie = cookieOf(people);
      const token = await readFormToken(PATH, { cookie }, surroundings);
      const headers = { ...PAGE, cookie, origin: SITE };
      return () => ({ path: PATH, init: postForm({ [TOKEN_FIELD]: token }, headers) });
    },
  };
}

/** The token that names the person's session. */
function tokenOf({ clients }: Person): string {
  const named = clients.flat().find(({ kind }) => kind === 'JWT with sid');
  return named?.headers.authorization?.replace('Bearer ', '') ?? '';
}

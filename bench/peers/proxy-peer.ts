/** A compared system that is a program of its own, in front of the site. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Listening,
  PROXIES,
  type ProxyKind,
  startProxy,
} from '../../test/proxies/proxy-kinds.ts';
import { freePorts } from '../../test/support/free-port.ts';
import type { Fixtures } from '../fixtures.ts';
import { cpuMicrosOf } from '../process-cpu.ts';
import type { Peer, Requests, System } from './peers.ts';
import type { Surroundings } from './surroundings.ts';

/** Values for the configuration of a program. */
export interface PeerPlaces extends Listening {
  /** Further ports of the program: one asks the far store, the other is for what else it needs one for. */
  readonly farPort: number;
  readonly otherPort: number;
  /** Ports of what stands around it. */
  readonly around: Surroundings['ports'];
  readonly fixtures: Fixtures;
}

interface Definition extends System {
  /** The program, and the way to get it. */
  readonly program: Program;
  readonly configure: ProxyKind<PeerPlaces>['configure'];
  /** Called when the program runs. */
  requests(places: PeerPlaces): Requests | Promise<Requests>;
}

type Program = Pick<ProxyKind, 'name' | 'source' | 'executable'>;

/** Arguments by which the programs print their version, those that do not take `version`. */
const VERSION_ARGUMENTS: Readonly<Record<string, string>> = {
  nginx: '-v',
  Envoy: '--version',
  'oauth2-proxy': '--version',
};

export function proxyPeer({ id, name, program, configure, requests }: Definition): Peer {
  return {
    id,
    name,
    missing:
      program.executable === undefined
        ? `${program.name} is not installed: ${program.source}`
        : undefined,
    async start({ surroundings, fixtures, under }) {
      const [port = 0, farPort = 0, otherPort = 0] = await freePorts(3);
      const folder = join(surroundings.folder, id);
      const places = { folder, port, farPort, otherPort, around: surroundings.ports, fixtures };
      const proxy = await startProxy({ ...program, configure }, places, under);
      return {
        id,
        name,
        version: versionOf(program),
        cpuMicros: () => cpuMicrosOf(proxy.pid),
        requests: await requests(places),
        [Symbol.asyncDispose]: proxy.stop,
      };
    },
  };
}

/** The program of one of the proxies that test/proxies runs. */
export function proxyProgram(wanted: string): Program {
  const found = PROXIES.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`test/proxies has no ${wanted}`);
  return found;
}

/** A program that no registry has: somebody built it and named its path in this variable. */
export function builtProgram(
  name: string,
  variable: string,
  environment: NodeJS.ProcessEnv = process.env,
): Program {
  const path = environment[variable];
  const isThere = path !== undefined && existsSync(path);
  const source = `build it, and name the path of the program in ${variable}${path === undefined || isThere ? '' : ` (it names ${path}, which does not exist)`}`;
  return { name, source, executable: isThere ? path : undefined };
}

/** The program's name, and the first number with dots that it prints, on either stream. Go's own (`go1.26`) is none. */
function versionOf({ name, executable = '' }: Program): string {
  const asked = [VERSION_ARGUMENTS[name] ?? 'version'];
  const { stdout, stderr } = spawnSync(executable, asked, { encoding: 'utf8' });
  return `${name} ${/(?<![\w.])v?(\d+\.\d+[\w.-]*)/.exec(stdout + stderr)?.[1] ?? 'of unknown version'}`;
}

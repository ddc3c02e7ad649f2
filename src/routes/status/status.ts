import type { ErrorShape } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import { readFormBody } from '../../http/request-body.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import type { Reporting } from '../../observability/reporting.ts';
import type { Appearance } from '../../pages/page-models.ts';
import type { IsolateCounts } from '../../revocation/isolate-counts.ts';
import { MAX_ISOLATES } from '../../revocation/isolate-sums.ts';
import type { LogStatus, LogStatusStub } from '../../revocation/log-protocol.ts';
import { LATE, within } from '../../runtime/deadline.ts';
import { type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import { readIsolates } from './isolates.ts';
import {
  operatorPage,
  SECRET_FIELD,
  STATUS_PATH,
  type StatusPage,
  secretView,
  statusView,
} from './page.ts';
import { StatusCookie } from './status-cookie.ts';

export interface StatusOptions {
  /** The proofs of an operator that need no form: the secret as a bearer, or Cloudflare Access. */
  readonly guard: { check(call: RouteRequest): Promise<Result<undefined, GuardFailure>> };
  /** The admin secrets; empty: there is no form. */
  readonly secrets: readonly string[];
  readonly hosts: Pick<SiteHosts, 'siteOf' | 'publicUrl'>;
  /** `undefined`: there is no log. */
  readonly openLogStatus: (() => LogStatusStub) | undefined;
  readonly lagMs: number;
  /** The counts of this isolate, which are shown if the log cannot be asked. */
  readonly counts: IsolateCounts;
  readonly location: string;
  readonly errorShape: ErrorShape;
  readonly appearance: Appearance;
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

type GuardFailure = 'caller_not_authorized' | 'cross_site_change' | 'guard_unavailable';

/** An answer, and the reason if it is a refusal. */
interface Answered {
  readonly response: Response;
  readonly reason?: Reason;
}

const LOG_TIMEOUT_MS = 2000;
const HEADERS = {
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: 'Cookie, Authorization',
};

/**
 * Serves the page with the figures of all isolates. It opens with a proof of an operator: an admin secret in a form, which
 * gives a cookie for ten minutes, or what opens the admin routes. The form counts only from a page of the same host.
 */
export async function answerStatus(
  received: RouteRequest,
  options: StatusOptions,
): Promise<Response> {
  const { reporting } = options;
  const startedAt = reporting.now();
  const { method, path } = received.target;
  const { response, reason } = await (method === 'POST' ? takeSecret : show)(received, options);
  const { status } = response;
  reporting.log(received.request, () => ({
    route: 'status',
    outcome: reason === undefined ? 'pass' : status >= 500 ? 'fault' : 'deny',
    status,
    method,
    path,
    ...(reason !== undefined && { reason }),
    durationMs: reporting.now() - startedAt,
  }));
  return response;
}

async function takeSecret(received: RouteRequest, options: StatusOptions): Promise<Answered> {
  const { request, target } = received;
  const { secrets, hosts } = options;
  const refused = (reason: Reason) => refuse(reason, options);
  if (isCrossSite(request.headers, [hosts.siteOf(target.host)]))
    return refused('cross_site_change');
  const form = await readFormBody(request);
  if (!form.ok) return refused(form.failure);
  const secret = form.value.get(SECRET_FIELD) ?? '';
  if (!matchesSecret(secret, secrets)) return askForSecret(true, options);
  const headers = new Headers({ ...HEADERS, location: STATUS_PATH });
  headers.append('set-cookie', await cookieOf(options).issue(secret, target.host));
  return { response: new Response(null, { status: 303, headers }) };
}

async function show(received: RouteRequest, options: StatusOptions): Promise<Answered> {
  const { request, target } = received;
  const { appearance } = options;
  const isOpen = await cookieOf(options).isIn(request.headers, target.host);
  const proof = isOpen ? success(undefined) : await options.guard.check(received);
  if (proof.ok) {
    const init = { status: 200, headers: new Headers(HEADERS) };
    return { response: await operatorPage(statusView(await read(options)), appearance, init) };
  }
  const isAsked = proof.failure === 'caller_not_authorized' && options.secrets.length > 0;
  return isAsked && !request.headers.has('authorization')
    ? askForSecret(false, options)
    : refuse(proof.failure, options);
}

/** RFC 9110 section 15.5.2: a 401 names a way to authenticate. A program can send the secret as a bearer. */
async function askForSecret(isRefused: boolean, { appearance }: StatusOptions): Promise<Answered> {
  const headers = new Headers({ ...HEADERS, 'www-authenticate': 'Bearer' });
  const init = { status: 401, headers };
  const response = await operatorPage(secretView(isRefused), appearance, init);
  return { response, reason: 'caller_not_authorized' };
}

function refuse(reason: Reason, { errorShape }: StatusOptions): Answered {
  return { response: errorShape(reason), reason };
}

function cookieOf({ secrets, hosts, reporting }: StatusOptions): StatusCookie {
  return new StatusCookie({
    secrets,
    isSecure: hosts.publicUrl.startsWith('https:'),
    now: reporting.now,
  });
}

async function read(options: StatusOptions): Promise<StatusPage> {
  const { openLogStatus, lagMs, counts, location } = options;
  const log = openLogStatus === undefined ? 'off' : await askLog(openLogStatus);
  if (typeof log === 'object') {
    const isFull = log.isolates.length >= MAX_ISOLATES;
    return { log, isolates: readIsolates(log.isolates), isFull, lagMs };
  }
  const own = { name: 'this', location, ageMs: 0, sentMsAgo: 0, counts };
  return { log, isolates: [own], isFull: false, lagMs };
}

/** Checks the members that the page shows. The log of another version may answer something else. */
function isLogStatus(value: unknown): value is LogStatus {
  if (!isRecord(value) || typeof value.marks !== 'number') return false;
  const { isolates, watermark } = value;
  const areRead =
    Array.isArray(isolates) &&
    isolates.every(
      (one) => isRecord(one) && typeof one.sums === 'string' && typeof one.sentMsAgo === 'number',
    );
  return areRead && (watermark === undefined || isWatermark(watermark));
}

function isWatermark(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return typeof value.ageMs === 'number' && typeof value.unbrokenForMs === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function askLog(open: () => LogStatusStub): Promise<LogStatus | undefined> {
  try {
    const status = await within(LOG_TIMEOUT_MS, open().status());
    return status !== LATE && isLogStatus(status) ? status : undefined;
  } catch {
    return undefined;
  }
}

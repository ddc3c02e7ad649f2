/** The package's main entry: the deployed Worker as a module, and the gate for a Worker of one's own. */
import deployed, { RevocationLog } from '../worker.ts';
import {
  type Admission,
  type AuthorizedRequest,
  createPostern,
  Postern,
  type PosternOptions,
  type SessionReading,
  type SessionRequirement,
} from './create-postern.ts';
import type { AnySession, KeycardSession, KratosSession } from './sessions.ts';
import type { IssuerSetting, PosternSettings, RuleSetting } from './settings.ts';

export type {
  Admission,
  AnySession,
  AuthorizedRequest,
  IssuerSetting,
  KeycardSession,
  KratosSession,
  PosternOptions,
  PosternSettings,
  RuleSetting,
  SessionReading,
  SessionRequirement,
};
export { createPostern, Postern, RevocationLog };

/** The deployed Worker. Its type needs no global of the platform but `Request` and `Response`. */
export interface PosternWorker {
  /**
   * Answers a request: by a route of Postern's own, or by the site behind the gate.
   *
   * @param environment the Worker's settings and bindings (docs/configuration.md)
   */
  fetch(
    request: Request,
    environment: object,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Promise<Response>;
}

const worker: PosternWorker = { fetch: async (...terms) => deployed.fetch(...terms) };
export default worker;

/** The package's main entry: the deployed Worker as a module, and the gate for a Worker of one's own. */
import worker, { type PosternWorker, RevocationLog } from '../worker.ts';
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
  PosternWorker,
  RuleSetting,
  SessionReading,
  SessionRequirement,
};
export { createPostern, Postern, RevocationLog };
export default worker;

/** Certificates for tests, made by openssl(1): an authority of the test's own, and what it signs. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, in PEM, and the files that hold them. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority that no system trusts. */
export function createAuthority(folder: string, name: string): Certificate {
  return create(folder, name, ['-addext', 'basicConstraints=critical,CA:TRUE']);
}

/** Makes a certificate for these DNS names, signed by the authority. */
export function createCertificate(
  folder: string,
  authority: Certificate,
  [name = '', ...others]: readonly [string, ...string[]],
): Certificate {
  const names = [name, ...others].map((each) => `DNS:${each}`).join(',');
  const { certificateFile, keyFile } = authority;
  return create(folder, name, [
    ...['-CA', certificateFile, '-CAkey', keyFile],
    ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
  ]);
}

function create(folder: string, name: string, parameters: readonly string[]): Certificate {
  const certificateFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  const files = ['-keyout', keyFile, '-out', certificateFile];
  const subject = ['-subj', `/CN=${name}`, '-days', '2'];
  // In place of the system's configuration, which may add extensions of its own.
  const configFile = join(folder, 'openssl.cnf');
  writeFileSync(configFile, '[req]\ndistinguished_name = subject\n[subject]\n');
  const made = ['req', '-x509', '-config', configFile, ...NEW_KEY, ...subject, ...files];
  execFileSync('openssl', [...made, ...parameters], { stdio: 'pipe' });
  return {
    certificateFile,
    keyFile,
    cert: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  };
}

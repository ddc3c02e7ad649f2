import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { header, headerValues } from '../support/raw-http.ts';
import { withFiles } from './proxy-kinds.ts';
import { describeNginx, PAGE } from './world.ts';

const FILES = {
  'public/ready': 'ready',
  'public/index.html': 'for all',
  'members/index.html': 'for members',
  'members/folder/file': 'a file',
};

const root = mkdtempSync(join(tmpdir(), 'postern-files-'));
chmodSync(root, 0o755); // nginx's workers run as another user
for (const [path, text] of Object.entries(FILES)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
afterAll(() => rmSync(root, { recursive: true }));

describeNginx((behind) => {
  it('serves the public folder to everyone, and the rest to signed-in users', async () => {
    const { ask, cookie } = behind();
    expect((await ask('/public/index.html')).text).toBe('for all');
    expect((await ask('/members/index.html')).status).toBe(401);
    expect((await ask('/members/index.html', PAGE)).status).toBe(302);
    expect((await ask('/members/index.html', { Cookie: cookie })).text).toBe('for members');
  });

  it('F24: keeps nginx’s own 404 and 403, with the renewed cookie', async () => {
    const { ask, gate } = behind();
    const renewed = 'ory_kratos_session=renewed; Path=/';
    for (const [target, status] of [
      ['/members/missing', 404],
      ['/members/folder/', 403], // no index
      ['/members/index.html', 200],
    ] as const) {
      const { cookie, session } = await gate.kratos.createSession();
      const whoami = { body: session, headers: { 'Set-Cookie': renewed } };
      await gate.kratos.control({ whoami });
      const answer = await ask(target, { Cookie: cookie });
      await gate.kratos.reset();
      expect([target, answer.status]).toEqual([target, status]);
      expect(headerValues(answer, 'set-cookie')).toEqual([renewed]);
      expect(header(answer, 'location')).toBeUndefined();
    }
  });
}, withFiles(root));

import { expect, it } from 'vitest';
import { inRepository } from '../support/repository.ts';
import { findPython } from './python.ts';
import { expectWholeVisit, runClient, startSite, VISIT_TIMEOUT_MS } from './visit.ts';

const PYTHON = findPython('aiohttp');

it.skipIf(PYTHON === undefined)(
  PYTHON === undefined
    ? 'skipped: no Python with aiohttp (pip install -r test/clients/requirements.txt; POSTERN_PYTHON names another Python)'
    : 'O13: aiohttp signs in, passes the gate, asks whoami and opens a WebSocket',
  async () => {
    await using gate = await startSite();
    const program = inRepository('test/clients/aiohttp-visit.py');
    const visit = await runClient(PYTHON ?? '', [program, gate.url]);
    // This client is special because it sends the value back in quotes.
    expect(visit.cookie).toMatch(/^ory_kratos_session="[\w-]+=+"$/);
    await expectWholeVisit(visit, gate);
  },
  VISIT_TIMEOUT_MS,
);

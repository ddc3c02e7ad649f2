import { describe, expect, it } from 'vitest';
import { copyResponse } from '../../src/http/copy-response.ts';

describe('copyResponse()', () => {
  it('copies status, reason phrase, headers and body, and its headers can be changed', async () => {
    const headers = { 'x-a': '1' };
    const copy = copyResponse(
      new Response('body', { status: 404, statusText: 'Gone Off', headers }),
    );
    copy.headers.set('x-b', '2');
    expect([copy.status, copy.statusText, await copy.text()]).toEqual([404, 'Gone Off', 'body']);
    expect([copy.headers.get('x-a'), copy.headers.get('x-b')]).toEqual(['1', '2']);
  });

  it('uses another body', async () => {
    const copy = copyResponse(new Response('body', { status: 201 }), 'another');
    expect([copy.status, await copy.text()]).toEqual([201, 'another']);
  });

  // RFC 9112 section 4: reason-phrase = 1*( HTAB / SP / VCHAR / obs-text ); workerd refuses the tab.
  it('drops a reason phrase with a tab', async () => {
    const headers = { 'x-a': '1' };
    const response = new Response('body', { status: 418, statusText: 'I am\ta teapot', headers });
    const copy = copyResponse(response);
    expect([copy.status, copy.statusText]).toEqual([418, '']);
    expect([copy.headers.get('x-a'), await copy.text()]).toEqual(['1', 'body']);
  });
});

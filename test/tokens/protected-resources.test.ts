import { describe, expect, it } from 'vitest';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { ProtectedResources } from '../../src/tokens/protected-resources.ts';
import { authority } from '../support/authority.ts';

const APP = authority('app.example.test');
const SECOND = authority('second.example.test');
const SITE = new SiteHosts(`https://${APP}`, [SECOND]);
const METADATA = '/.well-known/oauth-protected-resource';

const resourcesOf = (...issuers: { issuer: string; audience: false | string[] }[]) =>
  new ProtectedResources(issuers, SITE);

describe('ProtectedResources', () => {
  it('has the host for an audience that names no place of the site, and none without an issuer', () => {
    const resources = resourcesOf(
      { issuer: 'a', audience: ['x'] },
      { issuer: 'b', audience: false },
    );
    const at = (host: typeof APP) => resources.find(host, '');
    expect(at(APP)).toEqual({
      identifier: `https://${APP}`,
      host: APP,
      path: '',
      issuers: ['a', 'b'],
    });
    expect(at(SECOND)?.identifier).toBe(`https://${SECOND}`);
    expect([resources.isAny, resourcesOf().isAny]).toEqual([true, false]);
  });

  it('keeps the spelling of an audience, whichever issuer has it', () => {
    const slash = { issuer: 'b', audience: [`https://${APP}/`] };
    const resources = resourcesOf({ issuer: 'a', audience: ['x'] }, slash);
    expect(resources.find(APP, '')).toMatchObject({
      identifier: `https://${APP}/`,
      issuers: ['a', 'b'],
    });
    expect(resources.find(SECOND, '')?.issuers).toEqual(['a']);
  });

  it('lists each issuer of a host once', () => {
    const audience = ['x', `https://${APP}/mcp`];
    const resources = resourcesOf({ issuer: 'a', audience }, { issuer: 'b', audience });
    expect(resources.issuersOf(APP)).toEqual(['a', 'b']);
    const elsewhere = resourcesOf({ issuer: 'a', audience: [`https://${APP}/mcp`] });
    expect(elsewhere.issuersOf(SECOND)).toEqual([]);
  });

  it('names the nearest resource around a path', () => {
    const audience = ['/mcp', '/mcp/inner', '/files/', ''].map((path) => `https://${APP}${path}`);
    const resources = resourcesOf({ issuer: 'a', audience });
    const nearest = (path: string) =>
      resources.metadataUrlFor({ host: APP, path })?.replace(`https://${APP}${METADATA}`, '');
    expect(['/', '/mcp', '/mcp/', '/mcp/inner/x', '/mcpx'].map(nearest)).toEqual([
      ...['', '/mcp', '/mcp', '/mcp/inner', ''],
    ]);
    expect(['/files', '/files/', '/files/x'].map(nearest)).toEqual(['', '/files/', '/files/']);
    expect(resources.metadataUrlFor({ host: SECOND, path: '/mcp' })).toBeUndefined();
  });

  it('takes a URL with a query for the whole host, as no metadata URL has a query', () => {
    const resources = resourcesOf({ issuer: 'a', audience: [`https://${APP}/mcp?a=1`] });
    expect(resources.find(APP, '/mcp')).toBeUndefined();
    expect(resources.find(APP, '')?.identifier).toBe(`https://${APP}`);
    expect(resources.find(SECOND, '')).toBeUndefined();
  });
});

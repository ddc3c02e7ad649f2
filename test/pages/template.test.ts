import { expect, it } from 'vitest';
import { fillTemplate, isTemplate } from '../../src/pages/template.ts';

const PARTS = {
  content: '<p>$& {{title}}</p>',
  title: 'T',
  lang: 'en',
  dir: 'ltr',
  style: '',
  brand: '',
  site_name: '',
  support: '',
};

it.each([
  ['{{content}}', true],
  ['{{  content\n}}{{ title }}', true],
  ['{{content}}{{content}}', false],
  ['{{content}}{{scripts}}', false],
  ['{{content}}{{constructor}}', false],
  ['{{content}}{{}}', false],
  ['', false],
])('isTemplate(%j) is %s', (text, isGood) => {
  expect(isTemplate(text)).toBe(isGood);
});

it('fillTemplate() fills each placeholder once, and none inside of a part', () => {
  expect(fillTemplate('{{ content }}|{{title}}|{x}', PARTS)).toBe('<p>$& {{title}}</p>|T|{x}');
});

it('isTemplate() takes no long time for white space after braces', () => {
  const startedAt = performance.now();
  expect(isTemplate(`{{content}}{{${' '.repeat(2500)}`)).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(500);
});

/** Values that the settings of the pages for people refuse. */
export const REFUSED_FOR_PAGES = {
  SITE_NAME: ['', ' Shop', 'a'.repeat(61), 'two\nlines', 7],
  SITE_LOGO_URL: ['http://example.com/a.svg', '/logo.svg', 'data:image/svg+xml,', 'https://a@b.c/'],
  SITE_ACCENT_COLOR: ['red', '#fff', '#12345g', '#1234567', '#112233; } body { color: red'],
  SITE_SUPPORT_URL: ['javascript:alert(1)', 'help@example.com', 'http://example.com', ''],
  PAGE_TEMPLATE: ['<p>', '{{content}}{{content}}', '{{content}}{{Message}}', '{{ content', 1],
  SITE_LANGUAGE: ['DE', 'it', 'de-DE', ['de'], 'constructor'],
  SIGN_OUT_CLEAR_SITE_DATA: [['storages'], ['executionContexts'], [''], 7],
};

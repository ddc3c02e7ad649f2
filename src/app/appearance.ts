import type { Config } from '../config/config.ts';
import { hostOf } from '../http/site-hosts.ts';
import type { Appearance } from '../pages/page-models.ts';

/** Returns how the pages look. The site's host stands for its name. */
export function appearanceOf(config: Config): Appearance {
  return {
    name: config.SITE_NAME ?? hostOf(config.PUBLIC_URL),
    logoUrl: config.SITE_LOGO_URL,
    accent: config.SITE_ACCENT_COLOR,
    supportUrl: config.SITE_SUPPORT_URL,
    template: config.PAGE_TEMPLATE,
    language: config.SITE_LANGUAGE,
  };
}

import { RevocationLog } from 'postern';
import { createSite } from './site.ts';

export { RevocationLog };
export default createSite();

import postern, { RevocationLog } from 'postern';

export { RevocationLog };
export default postern;

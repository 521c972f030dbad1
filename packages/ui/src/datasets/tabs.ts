/** Where one can go in a dataset. */
import type { Tab } from '../pages/shell.tsx';

/** @param exports whether one may have them */
export const datasetTabs = (name: string, exports: boolean): Tab[] =>
  [['Images', ''], ['Runs', '/runs'], ['Failures', '/failures'], ...(exports ? [['Exports', '/exports']] : [])].map(
    ([tab, at]) => ({ name: tab, href: `/datasets/${name}${at}` }),
  );

/** The tabs of a dataset. */
import type { Tab } from '../pages/shell.tsx';

/** @param exports whether the caller may export */
export const datasetTabs = (name: string, exports: boolean): Tab[] =>
  [
    ['Images', ''],
    ['Keys', '/keys'],
    ['Runs', '/runs'],
    ['Failures', '/failures'],
    ['Builds', '/builds'],
    ...(exports ? [['Exports', '/exports']] : []),
  ].map(([tab, at]) => ({ name: tab, href: `/datasets/${name}${at}`, within: at === '/builds' }));

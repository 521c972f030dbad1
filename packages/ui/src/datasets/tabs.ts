/** The tabs of a dataset. */
import type { Tab } from '../pages/shell.tsx';

/** @param exports whether the caller may export, and try backbones */
export const datasetTabs = (name: string, exports: boolean): Tab[] =>
  [
    ['Images', ''],
    ['Keys', '/keys'],
    ['Runs', '/runs'],
    ['Failures', '/failures'],
    ['Builds', '/builds'],
    ...(exports
      ? [
          ['Bake-off', '/bakeoffs'],
          ['Exports', '/exports'],
        ]
      : []),
  ].map(([tab, at]) => ({ name: tab, href: `/datasets/${name}${at}`, within: ['/builds', '/bakeoffs'].includes(at) }));

/** The tabs of a dataset. */
import type { Tab } from '../pages/shell.tsx';

/** @param may manages: export, and try backbones; admin: add images, archive and delete */
export const datasetTabs = (name: string, may: { manages: boolean; admin: boolean }): Tab[] =>
  [
    ['Images', ''],
    ...(may.admin ? [['Add images', '/uploads']] : []),
    ['Keys', '/keys'],
    ['Runs', '/runs'],
    ['Failures', '/failures'],
    ['Builds', '/builds'],
    ...(may.manages
      ? [
          ['Bake-off', '/bakeoffs'],
          ['Exports', '/exports'],
        ]
      : []),
    ...(may.admin ? [['Settings', '/settings']] : []),
  ].map(([tab, at]) => ({ name: tab, href: `/datasets/${name}${at}`, within: ['/builds', '/bakeoffs'].includes(at) }));

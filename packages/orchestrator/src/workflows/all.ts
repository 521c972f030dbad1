/** What the server's workflow bundle is made from. */
export { exportDataset } from './export-dataset.ts';
export { extractDataset } from './extract-dataset.ts';
export { propagateDataset } from './propagate-dataset.ts';

/** What the server's workflow bundle is made from. */
export { annotateImage } from './annotate-image.ts';
export { exportDataset } from './export-dataset.ts';
export { extractDataset } from './extract-dataset.ts';
export { agreeImages, consensusImage } from './measure.ts';
export { openImages } from './open-images.ts';
export { propagateDataset } from './propagate-dataset.ts';
export { showImages } from './show-images.ts';

/** The workflows that the server's bundle is made from; one of another name or type than its definition does not compile. */
import type { Workflows } from '@saltworks/contract/messages/all';
import { annotateImage } from './annotate-image.ts';
import { bakeoff } from './bakeoff.ts';
import { compareBuilds } from './compare-builds.ts';
import { deliver } from './deliver.ts';
import { evaluate } from './evaluate.ts';
import { exportDataset } from './export-dataset.ts';
import { extractDataset } from './extract-dataset.ts';
import { agreeImages, consensusImage, replayDrawings } from './measure.ts';
import { openImages } from './open-images.ts';
import { prelabel } from './prelabel.ts';
import { propagateDataset } from './propagate-dataset.ts';
import { readKnown } from './read-known.ts';
import { rebuild } from './rebuild.ts';
import { relabel } from './relabel.ts';
import { scheduled } from './scheduled.ts';
import { search } from './search.ts';
import { showImages } from './show-images.ts';
import { upload } from './upload.ts';

const workflows = {
  annotateImage,
  bakeoff,
  deliver,
  openImages,
  readKnown,
  showImages,
  ...{ extractDataset, propagateDataset, exportDataset, relabel, rebuild, compareBuilds, evaluate, prelabel, search },
  ...{ agreeImages, consensusImage, replayDrawings },
  scheduled,
  upload,
};
workflows satisfies Workflows;

export {
  agreeImages,
  annotateImage,
  bakeoff,
  compareBuilds,
  consensusImage,
  deliver,
  evaluate,
  exportDataset,
  extractDataset,
  openImages,
  prelabel,
  propagateDataset,
  readKnown,
  rebuild,
  relabel,
  replayDrawings,
  scheduled,
  search,
  showImages,
  upload,
};

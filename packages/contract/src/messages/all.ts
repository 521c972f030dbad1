/** Every activity of workers, and every workflow. */

import { shardActivities } from './activities.ts';
import {
  annotateActivities,
  type annotateImage,
  type openImages,
  type readKnown,
  type showImages,
} from './annotate.ts';
import { type bakeoff, bakeoffActivities } from './bakeoff.ts';
import type { ActivitiesOf, WorkflowsOf } from './definitions.ts';
import { evaluationActivities } from './evaluate.ts';
import { type agreeImages, type consensusImage, measureActivities, type replayDrawings } from './measure.ts';
import type { deliver } from './notices.ts';
import { prelabelActivities } from './prelabel.ts';
import { buildActivities } from './relabel.ts';
import type { RunWorkflow } from './runs.ts';
import { importActivities, type scheduled } from './schedules.ts';
import { searchActivities } from './search.ts';
import { type upload, uploadActivities } from './uploads.ts';

export const workerActivities = {
  ...shardActivities,
  ...annotateActivities,
  ...measureActivities,
  ...buildActivities,
  ...bakeoffActivities,
  ...evaluationActivities,
  ...prelabelActivities,
  ...searchActivities,
  ...importActivities,
  ...uploadActivities,
};
/** What a worker does for its roles. */
export type WorkerActivities = Partial<ActivitiesOf<typeof workerActivities>>;

/** The functions that the workflow bundle exports. */
export type Workflows = WorkflowsOf<
  | RunWorkflow
  | typeof annotateImage
  | typeof openImages
  | typeof showImages
  | typeof readKnown
  | typeof agreeImages
  | typeof consensusImage
  | typeof replayDrawings
  | typeof bakeoff
  | typeof deliver
  | typeof scheduled
  | typeof upload
>;

/** The runs of a dataset, polled more often while one is under way. */

import { type DatasetRun, getDatasetRuns } from '@saltworks/contract/api/runs';
import { useState } from 'react';
import { type Loaded, useLoaded } from '../load.ts';

const [busyMs, restingMs] = [1_000, 15_000];

export function useRuns(dataset: string): Loaded<DatasetRun[]> {
  const [every, setEvery] = useState(busyMs);
  const runs = useLoaded(getDatasetRuns, { params: { dataset } }, every);
  const wanted = runs.value?.some(({ state }) => state === 'running') ? busyMs : restingMs;
  if (runs.value && wanted !== every) setEvery(wanted);
  return runs;
}

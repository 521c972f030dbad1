/** How a run gets on, in the numbers and words that commands and pages share. */
import type { Failing, Waiting } from './api/runs.ts';
import type { Tally } from './messages/activities.ts';
import type { Progress } from './messages/runs.ts';

export const waitingText = ({ queue, address, namespace, start }: Waiting): string =>
  `nobody polls ${queue} at Temporal ${address}, namespace ${namespace}; the run goes on once somebody starts: ${start}`;

export const failingText = ({ reason, attempts, most }: Failing): string =>
  `failed ${attempts === 1 ? 'once' : `${attempts} times`}${most > 0 ? ` of ${most}` : ''}, to be tried again: ${reason}`;

/** Images that a run has finished. */
export const throughOf = ({ done, cached, failed }: Tally): number => done + cached + failed;

/**
 * Share of a run that is done, 0 … 1. Shards are counted, since a run may skip images (without scribbles, without a mask).
 *
 * @param over the run has ended: 1
 */
export const shareOf = ({ shards, shardsDone }: Progress, over: boolean): number =>
  over || (shards > 0 && shardsDone >= shards) ? 1 : shardsDone / Math.max(1, shards);

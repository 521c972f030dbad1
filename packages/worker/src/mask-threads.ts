/** Images and scribbles to masks, on all cores: solving takes seconds in which an event loop must not stand still. */
import { availableParallelism } from 'node:os';
// Imported first: it sets the limits of images once, before there are threads.
import '@saltworks/backbone/image/decode';
import { type ThreadPool, threadPool } from '@saltworks/backbone/threads/threads';
import type { Brief } from '@saltworks/core/corpus/next';
import type { Judged, JudgeJob } from './judge-job.ts';
import type { BriefJob, ChooseJob, PredictJob, TeachJob, WeighJob } from './learn-job.ts';
import type { ConsensusJob, MaskJob } from './mask.worker.ts';
import type { MadeMask } from './mask-file.ts';
import type { Replayed, ReplayJob } from './replay-job.ts';

export type MaskThreads = ThreadPool<MaskJob | ConsensusJob, MadeMask | undefined>;
/** The same threads, for images that are judged. */
export type JudgeThreads = ThreadPool<JudgeJob, Judged>;
/** For images that teach: their statistics. */
export type TeachThreads = ThreadPool<TeachJob, Uint8Array>;
/** For images that are left out, to see how well the others name their strokes. */
export type WeighThreads = ThreadPool<WeighJob, number | undefined>;
/** For images that are predicted. */
export type PredictThreads = ThreadPool<PredictJob, MadeMask>;
/** For images whose strokes would teach: what they would, in brief, and which would most. */
export type OrderThreads = ThreadPool<BriefJob, Brief> & ThreadPool<ChooseJob, { place: number; left: number }[]>;
/** And for drawings that are replayed. */
export type ReplayThreads = ThreadPool<ReplayJob, Replayed>;

export type AllThreads = MaskThreads &
  JudgeThreads &
  TeachThreads &
  WeighThreads &
  PredictThreads &
  OrderThreads &
  ReplayThreads;

/**
 * One pool for all shards of a worker: it solves at most one image a thread, so memory is bounded.
 *
 * @param threads default all cores
 * @throws InvalidInputError unless threads is a whole number above 0
 */
export function openMaskThreads(threads = availableParallelism()): AllThreads {
  const pool: unknown = threadPool(new URL('./mask.worker.js', import.meta.url), { threads });
  return pool as AllThreads;
}

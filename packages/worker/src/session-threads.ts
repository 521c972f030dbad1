/**
 * Images open for strokes, in threads: solving would hold an event loop up. An image is always in the same thread, and in
 * another one for pixels, which take up to seconds where there are many labels: the next stroke does not wait for them.
 */
import { setEnvironmentData } from 'node:worker_threads';
// Imported first: it sets the limits of images once, before there are threads.
import '@saltworks/backbone/image/decode';
import { ThreadError, threadPool } from '@saltworks/backbone/threads/threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { inSpan } from '@saltworks/telemetry/spans';
import { type OpenJob, type SessionAnswers, type SessionJob, sessionBytes } from './session-jobs.ts';
import { observeSessions } from './session-use.ts';
import { type Turn, Turns } from './turns.ts';

/** A thread without requests for this time ends, and frees all of its memory. */
const IDLE_MS = 15 * 60_000;

export interface SessionSource {
  /** Of the session: the image's sha256, and whatever tells its settings apart. */
  name: string;
  /** Reads the files that open the image; called unless it is open. */
  read(): Promise<Omit<OpenJob, 'kind'>>;
}

export interface SessionThreads {
  /**
   * Does a job on an image, which is opened first unless it is open.
   *
   * @throws InvalidInputError as the thread did, or what `read` threw; ThreadError for anything else that happened there
   */
  run<Job extends SessionJob>(source: SessionSource, job: Job, turn: Turn): Promise<SessionAnswers[Job['kind']]>;
  /** Ends all threads and rejects unfinished jobs. */
  close(): Promise<void>;
}

/**
 * @param options threads: of each of the two kinds, which do one job at a time; bytes: of all sessions together, in equal
 *   parts for the threads
 * @throws InvalidInputError unless threads is a whole number above 0
 */
export function openSessionThreads({ threads = 1, bytes = 1e9, file = threadFile } = {}): SessionThreads {
  if (!Number.isInteger(threads) || threads < 1) throw new InvalidInputError(`${threads} threads; expected 1 or more`);
  setEnvironmentData(sessionBytes, bytes / (2 * threads));
  const lane = () => ({
    turns: new Turns(),
    thread: threadPool<{ session: string } & (SessionJob | OpenJob), unknown>(file, { threads: 1, idleMs: IDLE_MS }),
  });
  const unseen = observeSessions(IDLE_MS);
  const nodes = Array.from({ length: threads }, lane);
  const pixels = Array.from({ length: threads }, lane);
  return {
    run<Job extends SessionJob>({ name, read }: SessionSource, job: Job, turn: Turn) {
      const lanes = job.kind === 'mask' ? pixels : nodes;
      const { turns, thread } = lanes[Number.parseInt(name.slice(0, 8), 16) % threads || 0];
      type Result = SessionAnswers[Job['kind']];
      const attempt = async (): Promise<Result> => {
        const found = await thread.run({ session: name, ...job });
        if (found !== undefined) return found as Result;
        await inSpan('open in thread', {}, async () => {
          const { image, keys, ...rest } = await read();
          const open = { session: name, kind: 'open', image, keys, ...rest } as const;
          await thread.run(open, { move: [image, keys] });
        });
        return (await thread.run({ session: name, ...job })) as Result;
      };
      const asked = performance.now();
      const inTurn = () =>
        inSpan(`${job.kind} in thread`, { 'saltworks.waited_ms': Math.round(performance.now() - asked) }, () =>
          attempt().catch((error) => {
            if (!(error instanceof ThreadError && error.died)) throw error;
            // Its images are lost and opened anew; if the thread dies again, this job is the cause.
            return attempt();
          }),
        );
      return turns.take(inTurn, turn);
    },
    async close() {
      unseen();
      await Promise.all([...nodes, ...pixels].map(({ thread }) => thread.close()));
    },
  };
}

const threadFile = new URL('./session.worker.js', import.meta.url);

/** Images in, keys out: a backbone held open in a thread of its own, so that the caller's event loop stays free. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/core/errors';
import { type RgbImage, workingSize } from '@saltworks/core/image';
import type { Keys } from '@saltworks/core/keys';
import type { BackboneSpec } from './registry.ts';
import type { Device, Reply, Request, WorkerInput } from './session.worker.ts';
import type { Facet, TapFacts } from './tap.ts';

/** Attention takes memory by the square of the patches: six heads of 16,384 are 6 GB. */
const MAX_PATCHES = 16_384;

export interface KeySession {
  readonly facts: TapFacts & { layer: number; facet: Facet; device: 'cpu' | 'cuda' };
  /**
   * The keys of one image. Requests are done one after the other, in order; the image is copied, not kept.
   *
   * @param options longSide in pixels or `native`, default the backbone's own; overlap measures keys at the ×2 grid by
   *   four shifted passes, and takes four times as long; aborting rejects at once with the
   *   signal's reason, while an inference that has begun runs on unseen
   * @throws InvalidInputError when the image is not `3 · width · height` bytes
   */
  extract(
    image: RgbImage,
    options?: { longSide?: number | 'native'; overlap?: boolean; signal?: AbortSignal },
  ): Promise<Keys>;
  /** Ends the thread and rejects what was not answered yet. An open session that has nothing to do keeps no process alive. */
  close(): Promise<void>;
}

interface Job {
  request: NonNullable<Request>;
  resolve: (keys: Keys) => void;
  reject: (error: unknown) => void;
}

/**
 * Opens a backbone.
 *
 * @param spec from `resolveBackbone`; its sha256 is checked against the file
 * @param options layer counted from 0 (default the last); threads of one inference, default all cores;
 *   device, default the CPU
 * @throws InvalidInputError when the file is not the one of the spec, or has no such layer, or is not understood
 */
export async function openSession(
  spec: BackboneSpec,
  {
    layer,
    facet,
    threads = availableParallelism(),
    device = 'cpu',
  }: { layer?: number; facet: Facet; threads?: number; device?: Device },
): Promise<KeySession> {
  if (!Number.isInteger(threads) || threads < 1) throw new InvalidInputError(`${threads} threads; expected 1 or more`);
  const workerInput: WorkerInput = { spec, layer, facet, threads, device };
  const worker = new Worker(new URL('./session.worker.js', import.meta.url), { workerData: workerInput });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const opened = await firstReply(worker);
  worker.unref();

  const queue: Job[] = [];
  let running: Job | undefined;
  let failure: Error | undefined;

  const next = () => {
    running = queue.shift();
    if (!running) {
      worker.unref();
      return;
    }
    worker.ref();
    const { image, longSide, overlap } = running.request;
    // A copy of just these pixels: the caller keeps its image, and a view would drag its whole buffer along.
    const data = new Uint8Array(image.data);
    worker.postMessage({ image: { ...image, data }, longSide, overlap } satisfies Request, [data.buffer]);
  };
  const fail = (error: Error) => {
    failure ??= error;
    const jobs = [...(running ? [running] : []), ...queue.splice(0)];
    running = undefined;
    for (const job of jobs) job.reject(failure);
  };
  worker.on('message', (reply: Reply) => {
    if ('keys' in reply) running?.resolve(reply.keys);
    else if ('error' in reply) running?.reject(errorOf(reply));
    if (!failure) next();
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`the inference thread ended with code ${code}`)));

  return {
    facts: { ...opened.facts, layer: opened.layer, facet, device: opened.device },
    async extract(image, { longSide = spec.longSide, overlap = false, signal } = {}) {
      check(image, longSide, spec.patch);
      signal?.throwIfAborted();
      if (failure) throw failure;
      let abort = () => {};
      const keys = new Promise<Keys>((resolve, reject) => {
        const job: Job = { request: { image, longSide, overlap }, resolve, reject };
        abort = () => {
          const waiting = queue.indexOf(job);
          if (waiting >= 0) queue.splice(waiting, 1);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort);
        queue.push(job);
      });
      if (!running) next();
      return keys.finally(() => signal?.removeEventListener('abort', abort));
    },
    async close() {
      fail(new Error('the session was closed'));
      worker.ref();
      worker.postMessage(null satisfies Request);
      await ended;
    },
  };
}

function firstReply(worker: Worker): Promise<Extract<Reply, { facts: TapFacts }>> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      worker.removeAllListeners('error').off('exit', onExit);
      settle();
    };
    const onExit = (code: number) => reject(new Error(`the inference thread ended with code ${code} while opening`));
    worker.once('error', (error) => done(() => reject(error)));
    worker.once('exit', onExit);
    worker.once('message', (reply: Reply) =>
      done(() =>
        'facts' in reply ? resolve(reply) : reject('error' in reply ? errorOf(reply) : new Error('no facts')),
      ),
    );
  });
}

function errorOf({ error, invalid }: { error: string; invalid: boolean }): Error {
  return invalid ? new InvalidInputError(error) : new Error(error);
}

function check({ data, width, height }: RgbImage, longSide: number | 'native', patch: number): void {
  if (!(width >= 1 && height >= 1) || data.length !== 3 * width * height) {
    throw new InvalidInputError(
      `an image of ${data.length} bytes; expected 3 × ${width} × ${height}, at least one pixel`,
    );
  }
  if (longSide !== 'native' && !(Number.isFinite(longSide) && longSide >= 1)) {
    throw new InvalidInputError(`a long side of ${longSide}; expected pixels or native`);
  }
  const size = workingSize(width, height, patch, longSide);
  const patches = (size.width / patch) * (size.height / patch);
  if (patches > MAX_PATCHES) {
    throw new InvalidInputError(
      `${patches} patches at ${size.width} × ${size.height}; expected at most ${MAX_PATCHES}: use a smaller long side`,
    );
  }
}

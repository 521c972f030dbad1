/**
 * Images in, keys out: holds a backbone open in a thread of its own, so that the caller's event loop stays free. Other
 * threads preprocess images meanwhile; images of one size that wait together share an inference.
 */
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type RgbImage, workingSize } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { inference } from '@saltworks/telemetry/metrics';
import type { Doubling, PreprocessJob, Views } from '../image/preprocess.worker.ts';
import type { Precision } from '../precision/precision.ts';
import type { BackboneSpec } from '../registry/entries.ts';
import type { Facet, TapFacts } from '../tap/tap.ts';
import type { Failure } from '../threads/thread.ts';
import { threadPool } from '../threads/threads.ts';
import type { Device, DeviceName } from './device.ts';
import type { Opened, Reply, Request, WorkerInput } from './session.worker.ts';

/** Attention takes memory by the square of the patches: 6 GB for six heads of 16,384. */
const MAX_PATCHES = 16_384;

/** What a session's model is. `batch`: the most images in one inference. */
type SessionFacts = TapFacts & { device: DeviceName; inference: Precision; batch: number };

/** A facet of a layer, which is counted from 0. */
interface Output {
  layer: number;
  facet: Facet;
}

interface Session<Result> {
  /**
   * Extracts the keys of one image, which it copies. For many images call it several times at once: one is preprocessed
   * while another is in inference, and waiting images form batches.
   *
   * @param options longSide: pixels, or `native`; default the backbone's. doubling: computes keys at the ×2 grid, by `overlap`
   *   in four shifted passes, which take four times as long, or by `stride` in one pass with four times the tokens. signal:
   *   aborting rejects at once with its reason; an inference that has begun runs to its end, unused
   * @throws InvalidInputError if the image is not `3 · width · height` bytes, or makes too many patches
   */
  extract(
    image: RgbImage,
    options?: { longSide?: number | 'native'; doubling?: Doubling; signal?: AbortSignal },
  ): Promise<Result>;
  /** Ends the threads and rejects pending requests. An idle session keeps no process alive. */
  close(): Promise<void>;
}

/** Keys of one layer. */
export interface KeySession extends Session<Keys> {
  readonly facts: SessionFacts & Output;
}

/** Facets of several layers, in the order wanted. */
export interface FacetsSession extends Session<Keys[]> {
  readonly facts: SessionFacts & { outputs: readonly Output[] };
}

interface Job {
  views: Views;
  resolve: (keys: Keys[]) => void;
  reject: (error: unknown) => void;
}

export interface SessionOptions {
  threads?: number;
  device?: Device;
  precision?: Precision | 'auto';
  batch?: number;
}

/**
 * Opens a backbone for one facet of one layer.
 *
 * @param options layer: counted from 0, default the last; for the others and errors see `openFacets`
 */
export async function openSession(
  spec: BackboneSpec,
  { layer, facet, ...options }: SessionOptions & { layer?: number; facet: Facet },
): Promise<KeySession> {
  const session = await openFacets(spec, [{ layer, facet }], options);
  const { outputs, ...facts } = session.facts;
  return {
    facts: { ...facts, ...outputs[0] },
    async extract(...input) {
      const [keys] = await session.extract(...input);
      return keys;
    },
    close: session.close,
  };
}

/**
 * Opens a backbone for facets of several layers: one inference gives them all, on the CPU each to the bit
 * what a session of its own gives.
 *
 * A model that is opened for the first time is tapped and checked, which takes a second; the result is kept in `spec.cache`.
 * A model whose `facts.anySize` is false sees every image at its native size.
 *
 * @param spec from `resolveBackbone`; the file must have its sha256
 * @param wanted layer: counted from 0, default the last
 * @param options threads: of one inference, default all cores. device: default the
 *   CPU. precision: of inference; `auto` is half on a GPU, where the keys stay what they are, else the file's own. batch: images of one size in one inference, default 1 on the CPU and 8 on CUDA; 1 if the model takes no more
 * @throws InvalidInputError if the file has another sha256 or no such layer, the tap does not understand it, or a check fails
 */
export async function openFacets(
  spec: BackboneSpec,
  wanted: readonly { layer?: number; facet: Facet }[],
  { threads = availableParallelism(), device = 'cpu', precision = 'auto', batch }: SessionOptions = {},
): Promise<FacetsSession> {
  for (const [name, value] of Object.entries({ threads, batch: batch ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) throw new InvalidInputError(`${name} ${value}; expected 1 or more`);
  }
  const workerInput: WorkerInput = { spec, wanted, threads, device, precision, batch };
  const worker = new Worker(new URL('./session.worker.js', import.meta.url), { workerData: workerInput });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const opened = await firstReply(worker);
  worker.unref();

  // Half the cores keep up with a GPU; inference on the CPU needs far less.
  const preprocessing = threadPool<PreprocessJob, Views>(new URL('../image/preprocess.worker.js', import.meta.url), {
    threads: Math.max(1, availableParallelism() >> 1),
  });
  /** Preprocessed, waiting for inference. */
  const queue: Job[] = [];
  let running: Job[] = [];
  let began = 0;
  let failure: Error | undefined;

  const next = () => {
    if (running.length > 0) return;
    if (queue.length === 0) {
      worker.unref();
      return;
    }
    running = takeBatch(queue, opened.batch);
    worker.ref();
    began = performance.now();
    const [{ width, height, halfStride }] = running.map(({ views }) => views);
    const images = running.map(({ views }) => views.data);
    const buffers = images.flat().map(({ buffer }) => buffer as ArrayBuffer);
    worker.postMessage({ images, width, height, halfStride } satisfies Request, buffers);
  };
  const fail = (error: Error) => {
    failure ??= error;
    for (const job of [...running.splice(0), ...queue.splice(0)]) job.reject(failure);
  };
  worker.on('message', (reply: Reply) => {
    if (failure || !('answers' in reply)) return;
    inference.observe({ device: opened.device }, (performance.now() - began) / 1000);
    for (const [i, { resolve, reject }] of running.splice(0).entries()) {
      const answer = reply.answers[i];
      if ('result' in answer) resolve(answer.result);
      else reject(errorOf(answer));
    }
    next();
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`the inference thread ended with code ${code}`)));

  return {
    facts: {
      ...opened.facts,
      ...{ outputs: opened.outputs, device: opened.device, inference: opened.precision, batch: opened.batch },
    },
    async extract(image, { longSide = spec.longSide, doubling, signal } = {}) {
      check(image, longSide, doubling, opened.facts);
      signal?.throwIfAborted();
      if (failure) throw failure;
      // Copy these pixels alone: the caller keeps its image, and moving a view would take its whole buffer along.
      const data = new Uint8Array(image.data);
      const { patch, mean, std } = spec;
      const size = opened.facts.anySize ? undefined : opened.facts.nativeSize;
      const options = { patch, longSide, size, mean, std };
      const job: PreprocessJob = { image: { ...image, data }, options, doubling };
      // One signal may abort many requests; Node warns of a leak at eleven listeners.
      if (signal) setMaxListeners(0, signal);
      let abort = () => {};
      const keys = new Promise<Keys[]>((resolve, reject) => {
        let waiting: Job | undefined;
        abort = () => {
          if (waiting && queue.includes(waiting)) queue.splice(queue.indexOf(waiting), 1);
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', abort);
        const ready = (views: Views) => {
          if (failure) throw failure;
          if (signal?.aborted) return;
          waiting = { views, resolve, reject };
          queue.push(waiting);
          next();
        };
        preprocessing
          .run(job, { move: [data] })
          .then(ready)
          .catch((error) => reject(failure ?? error));
      });
      return keys.finally(() => signal?.removeEventListener('abort', abort));
    },
    async close() {
      fail(new Error('the session was closed'));
      await preprocessing.close();
      worker.ref();
      worker.postMessage(null satisfies Request);
      await ended;
    },
  };
}

/** What people should know of a backbone that does not follow the image; undefined of any other. */
export function sizeNotice({ anySize, nativeSize, fixed }: TapFacts): string | undefined {
  return anySize ? undefined : `sees every image at ${nativeSize?.join(' × ')} pixels, its only size: ${fixed}`;
}

/** Takes the oldest job off the queue, and others of its size while the batch has room. */
function takeBatch(queue: Job[], batch: number): Job[] {
  const taken: Job[] = [];
  const [{ views: first }] = queue;
  let room = batch;
  for (const job of [...queue]) {
    const { data, width, height, halfStride } = job.views;
    if (width !== first.width || height !== first.height || halfStride !== first.halfStride) continue;
    if (taken.length > 0 && data.length > room) continue;
    room -= data.length;
    taken.push(job);
    queue.splice(queue.indexOf(job), 1);
  }
  return taken;
}

function firstReply(worker: Worker): Promise<Opened> {
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

function errorOf({ error, invalid }: Failure): Error {
  return invalid ? new InvalidInputError(error) : new Error(error);
}

function check(
  { data, width, height }: RgbImage,
  longSide: number | 'native',
  doubling: Doubling | undefined,
  { anySize, patch, fixed }: TapFacts,
): void {
  if (!(width >= 1 && height >= 1) || data.length !== 3 * width * height) {
    throw new InvalidInputError(
      `an image of ${data.length} bytes; expected 3 × ${width} × ${height}, at least one pixel`,
    );
  }
  if (longSide !== 'native' && !(Number.isFinite(longSide) && longSide >= 1)) {
    throw new InvalidInputError(`a long side of ${longSide}; expected pixels or native`);
  }
  if (!anySize && doubling === 'stride') {
    throw new InvalidInputError(`half the stride, but ${fixed}; expected a backbone that takes any size`);
  }
  if (!anySize) return;
  const size = workingSize(width, height, patch, longSide);
  const patches = (size.width / patch) * (size.height / patch) * (doubling === 'stride' ? 4 : 1);
  if (patches > MAX_PATCHES) {
    throw new InvalidInputError(
      `${patches} patches at ${size.width} × ${size.height}; expected at most ${MAX_PATCHES}: use a smaller long side`,
    );
  }
}

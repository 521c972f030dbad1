/** The thread behind a session: it loads the file, checks and taps it, and runs inference, which blocks its event loop. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { interleaveKeys, type Keys } from '@saltworks/core/keys/keys';
import { InferenceSession, env as ort, Tensor } from 'onnxruntime-node';
import type { BackboneSpec } from './registry.ts';
import { type Facet, type TapFacts, tap } from './tap.ts';
import { type Answer, type Failure, failureOf } from './thread.ts';

export interface WorkerInput {
  spec: BackboneSpec;
  layer: number | undefined;
  facet: Facet;
  threads: number;
  device: Device;
  /** Views in one inference, if the model bears it; default by the device. */
  batch: number | undefined;
}

/** Where inference runs; `auto` is CUDA where there is one, else the CPU. */
export type Device = 'auto' | 'cpu' | 'cuda';

/** Images of one size, each by its views (one, or four for `overlap`); null asks the thread to end. */
export type Request = { images: Float32Array[][]; width: number; height: number } | null;

/** One reply to the start and one to each request, in order. */
export type Reply = Opened | { answers: Answer<Keys>[] } | Failure;

export interface Opened {
  facts: TapFacts;
  layer: number;
  device: 'cpu' | 'cuda';
  batch: number;
}

/** Pictures of one size, each `[3, height, width]`, in one inference. */
type Run = (pictures: Float32Array[], width: number, height: number) => Promise<Keys[]>;

/** On the CPU a batch was no faster (docs/performance.md); a GPU is not filled by one picture. */
const BATCH = { cpu: 1, cuda: 8 };

if (!parentPort) throw new Error('session.worker runs in a worker thread only');
const port = parentPort;
const { spec, layer, facet, threads, device, batch } = workerData as WorkerInput;

// Trying CUDA where there is none would print a page about it.
ort.logLevel = 'fatal';

try {
  const { opened, run, end } = await open();
  port.postMessage(opened satisfies Reply);
  let before: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request) => {
    before = before.then(async () => {
      if (!request) return end();
      const answers = await extract(run, opened.batch, request);
      const buffers = answers.flatMap((answer) => ('result' in answer ? [answer.result.data.buffer] : []));
      port.postMessage({ answers } satisfies Reply, buffers as ArrayBuffer[]);
    });
  });
} catch (error) {
  port.postMessage(failureOf(error) satisfies Reply);
  port.close();
}

async function open() {
  const { model, input, output, layer: tapped, facts } = await load();
  const { inference, device } = await create(model);
  const run: Run = async (pictures, width, height) => {
    const n = pictures.length;
    const results = await inference.run({ [input]: new Tensor('float32', joined(pictures), [n, 3, height, width]) });
    const { data, dims } = results[output];
    const [h, w, d] = [height / facts.patch, width / facts.patch, facts.dim];
    const tokens = facts.prefixTokens + h * w;
    if (!(data instanceof Float32Array) || dims[0] !== n || dims[1] !== tokens) {
      throw new InvalidInputError(
        `${dims[0]} × ${dims[1]} tokens at ${width} × ${height}; expected ${n} × (${facts.prefixTokens} + ${h} × ${w})`,
      );
    }
    return pictures.map((_, i) => ({
      ...{ h, w, d },
      data: data.slice((i * tokens + facts.prefixTokens) * d, (i + 1) * tokens * d),
    }));
  };
  await followsSize(run, facts.patch);
  const wanted = batch ?? BATCH[device];
  const opened: Opened = {
    ...{ facts, layer: tapped, device },
    batch: wanted > 1 && (await followsBatch(run, facts.patch)) ? wanted : 1,
  };
  const end = async () => {
    await inference.release();
    port.close();
  };
  return { opened, run, end };
}

/** onnxruntime throws where CUDA is missing instead of going on without it: falling back is ours. */
async function create(model: Uint8Array): Promise<{ inference: InferenceSession; device: 'cpu' | 'cuda' }> {
  const on = (device: 'cpu' | 'cuda') =>
    InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      // Images differ in size; patterns kept for each size would only grow.
      enableMemPattern: false,
      // Threads that wait asleep: beside other work, spinning ones made inference a fifth slower.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Errors are thrown, no need to print them too.
      logSeverityLevel: 4,
    });
  if (device !== 'cpu') {
    try {
      return { inference: await on('cuda'), device: 'cuda' };
    } catch (error) {
      const [reason] = (error as Error).message.split('\n');
      if (device === 'cuda') throw new InvalidInputError(`no CUDA here (${reason}); expected device cpu or auto`);
    }
  }
  return { inference: await on('cpu'), device: 'cpu' };
}

/** Reads, checks and taps the file; only the tapped model outlives the call. */
async function load() {
  const bytes = await readFile(spec.path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== spec.sha256) {
    throw new InvalidInputError(`${spec.path} has sha256 ${sha256}; expected ${spec.sha256} (${spec.id})`);
  }
  const tapped = tap(bytes, { layer, facet });
  if (tapped.facts.patch !== spec.patch) {
    throw new InvalidInputError(
      `${spec.path} has patches of ${tapped.facts.patch} px; expected ${spec.patch} (${spec.id})`,
    );
  }
  return tapped;
}

/** Two small sizes tell whether the graph follows the picture: what the export froze fails or gives other tokens. */
async function followsSize(run: Run, patch: number): Promise<void> {
  for (const [h, w] of [
    [2, 3],
    [4, 1],
  ]) {
    try {
      await run([new Float32Array(3 * h * w * patch * patch)], w * patch, h * patch);
    } catch (error) {
      const [reason] = String((error as Error).message).split('\n');
      throw new InvalidInputError(
        `${spec.path} does not follow the size of the picture (${reason}); expected any size`,
      );
    }
  }
}

/** Whether two pictures in one inference get the keys that each gets alone: many an export has frozen a batch of one. */
async function followsBatch(run: Run, patch: number): Promise<boolean> {
  const [width, height] = [3 * patch, 2 * patch];
  const wave = (step: number) => Float32Array.from({ length: 3 * width * height }, (_, i) => Math.sin(step * i));
  const pictures = [wave(0.1), wave(0.7)];
  try {
    const together = await run(pictures, width, height);
    for (const [i, picture] of pictures.entries()) {
      const [alone] = await run([picture], width, height);
      const scale = alone.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (!alone.data.every((value, k) => Math.abs(value - together[i].data[k]) <= 1e-2 * scale)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function extract(run: Run, batch: number, { images, width, height }: NonNullable<Request>) {
  const views = images.flat();
  const keys: Keys[] = [];
  try {
    for (let i = 0; i < views.length; i += batch) keys.push(...(await run(views.slice(i, i + batch), width, height)));
  } catch (error) {
    if (images.length === 1) return [failureOf(error)];
    // What was too much for all (memory, mostly) may do for each alone.
    const answers: Answer<Keys>[] = [];
    for (const image of images) answers.push(...(await extract(run, batch, { images: [image], width, height })));
    return answers;
  }
  return images.map((own): Answer<Keys> => {
    const passes = keys.splice(0, own.length);
    return { result: passes.length === 1 ? passes[0] : interleaveKeys(passes) };
  });
}

function joined(pictures: readonly Float32Array[]): Float32Array {
  if (pictures.length === 1) return pictures[0];
  const [{ length }] = pictures;
  const all = new Float32Array(pictures.length * length);
  for (const [i, picture] of pictures.entries()) all.set(picture, i * length);
  return all;
}

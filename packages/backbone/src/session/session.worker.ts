/** The thread of a session: loads, checks and taps the file, and runs inference, which blocks its event loop. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { interleaveKeys, type Keys } from '@saltworks/core/keys/keys';
import { InferenceSession, env as ort, Tensor } from 'onnxruntime-node';
import { keepTapped, readTapped } from '../check/cache.ts';
import { checkModel } from '../check/checked.ts';
import { readModelFile } from '../onnx/external.ts';
import type { BackboneSpec } from '../registry/entries.ts';
import { hashOf } from '../registry/hash.ts';
import type { Facet, TapFacts, Tapped } from '../tap/tap.ts';
import { type Answer, type Failure, failureOf } from '../threads/thread.ts';
import { tableTensors } from './table-tensors.ts';

export interface WorkerInput {
  spec: BackboneSpec;
  layer: number | undefined;
  facet: Facet;
  threads: number;
  device: Device;
  /** Views in one inference, if the model takes several; default by device. */
  batch: number | undefined;
}

/** Where inference runs; `auto` is CUDA if present, else the CPU. */
export type Device = 'auto' | 'cpu' | 'cuda';

/** Images of one size, each as its views (one, or four for `overlap`); null ends the thread. */
export type Request = { images: Float32Array[][]; width: number; height: number } | null;

/** One reply to the start, then one to each request, in order. */
export type Reply = Opened | { answers: Answer<Keys>[] } | Failure;

export interface Opened {
  facts: TapFacts;
  layer: number;
  device: 'cpu' | 'cuda';
  batch: number;
}

/** One inference over images of one size, each `[3, height, width]`. */
type Run = (images: Float32Array[], width: number, height: number) => Promise<Keys[]>;

/** On the CPU a batch was no faster; one image does not fill a GPU. */
const BATCH = { cpu: 1, cuda: 8 };

if (!parentPort) throw new Error('session.worker runs in a worker thread only');
const port = parentPort;
const { spec, layer, facet, threads, device, batch } = workerData as WorkerInput;

// Otherwise onnxruntime prints a page if there is no CUDA.
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
  const { model, input, outputs, facts, positions } = await load();
  const [{ name: output, layer: tapped }] = outputs;
  const { inference, device } = await create(model);
  const tables = tableTensors(positions, spec.interpolation);
  const run: Run = async (images, width, height) => {
    const n = images.length;
    const results = await inference.run({
      ...tables(height / facts.patch, width / facts.patch),
      [input]: new Tensor('float32', joined(images), [n, 3, height, width]),
    });
    const { data, dims } = results[output];
    const [h, w, d] = [height / facts.patch, width / facts.patch, facts.dim];
    const tokens = facts.prefixTokens + h * w;
    if (!(data instanceof Float32Array) || dims[0] !== n || dims[1] !== tokens) {
      throw new InvalidInputError(
        `${dims[0]} × ${dims[1]} tokens at ${width} × ${height}; expected ${n} × (${facts.prefixTokens} + ${h} × ${w})`,
      );
    }
    return images.map((_, i) => ({
      ...{ h, w, d },
      data: data.slice((i * tokens + facts.prefixTokens) * d, (i + 1) * tokens * d),
    }));
  };
  const wanted = batch ?? BATCH[device];
  const opened: Opened = {
    ...{ facts, layer: tapped, device },
    batch: wanted > 1 && (await followsBatch(run, facts)) ? wanted : 1,
  };
  const end = async () => {
    await inference.release();
    port.close();
  };
  return { opened, run, end };
}

/** Falls back from CUDA to the CPU: onnxruntime throws if CUDA is missing. */
async function create(model: Uint8Array): Promise<{ inference: InferenceSession; device: 'cpu' | 'cuda' }> {
  const on = (device: 'cpu' | 'cuda') =>
    InferenceSession.create(model, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      // Images differ in size, and onnxruntime would keep a memory pattern for each.
      enableMemPattern: false,
      // Waiting threads sleep: beside other work, spinning made inference a fifth slower.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Errors are thrown, so they need not be printed too.
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

/** The tapped model: kept from an earlier opening, or made and checked now. */
async function load(): Promise<Tapped> {
  const file = await readModelFile(spec.path);
  const sha256 = createHash('sha256').update(file.bytes).digest('hex');
  if (sha256 !== spec.sha256) {
    throw new InvalidInputError(`${spec.path} has sha256 ${sha256}; expected ${spec.sha256} (${spec.id})`);
  }
  const { cache } = spec;
  // Weights in files beside it are part of what a model is.
  const source = spec.data ? sha256Of([sha256, ...spec.data.map((other) => other.sha256)].join()) : sha256;
  const key = { source, layer, facet };
  const kept = cache === undefined ? undefined : await readTapped(cache, key);
  if (kept) return expectSizes(kept.tapped);
  for (const { name, sha256: wanted } of spec.data ?? []) {
    const found = await hashOf(join(dirname(spec.path), name));
    if (found !== wanted) throw new InvalidInputError(`${name} has sha256 ${found}; expected ${wanted} (${spec.id})`);
  }
  const checked = await checkModel(file, layer === undefined ? 'last' : [layer], spec.interpolation);
  const tapped = expectSizes(checked.tap([{ layer, facet }]));
  if (cache !== undefined && (checked.whole || spec.data)) {
    await keepTapped(cache, key, { tapped, checks: checked.checks });
  }
  return tapped;
}

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A file of another network than the registry's entry may have its name. */
function expectSizes(tapped: Tapped): Tapped {
  const { layers, heads, dim, patch } = tapped.facts;
  const wanted = { layers, heads, dim, ...spec.sizes, patch: spec.patch };
  const textOf = (sizes: typeof wanted) =>
    `${sizes.layers} layers of ${sizes.heads} heads, keys of ${sizes.dim}, patches of ${sizes.patch} px`;
  const [found, expected] = [textOf({ layers, heads, dim, patch }), textOf(wanted)];
  if (found === expected) return tapped;
  throw new InvalidInputError(`${spec.path} has ${found}; expected ${expected} (${spec.id})`);
}

/** Whether two images in one inference get the keys that each gets alone: many exports freeze a batch of one. */
async function followsBatch(run: Run, { patch, anySize, nativeSize }: TapFacts): Promise<boolean> {
  const [height, width] = anySize || !nativeSize ? [2 * patch, 3 * patch] : nativeSize;
  const wave = (step: number) => Float32Array.from({ length: 3 * width * height }, (_, i) => Math.sin(step * i));
  const images = [wave(0.1), wave(0.7)];
  try {
    const together = await run(images, width, height);
    for (const [i, image] of images.entries()) {
      const [alone] = await run([image], width, height);
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
    // A batch that fails, mostly for lack of memory, may succeed image by image.
    const answers: Answer<Keys>[] = [];
    for (const image of images) answers.push(...(await extract(run, batch, { images: [image], width, height })));
    return answers;
  }
  return images.map((own): Answer<Keys> => {
    const passes = keys.splice(0, own.length);
    return { result: passes.length === 1 ? passes[0] : interleaveKeys(passes) };
  });
}

function joined(images: readonly Float32Array[]): Float32Array {
  if (images.length === 1) return images[0];
  const [{ length }] = images;
  const all = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) all.set(image, i * length);
  return all;
}

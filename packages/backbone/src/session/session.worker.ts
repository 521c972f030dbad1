/** The thread of a session: loads, checks and taps the file, and runs inference, which blocks its event loop. */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { interleaveKeys, type Keys } from '@saltworks/core/keys/keys';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { keepTapped, readTapped } from '../check/cache.ts';
import { checkModel } from '../check/checked.ts';
import { readModelFile } from '../onnx/external.ts';
import { inPrecision, type Precision } from '../precision/precision.ts';
import type { BackboneSpec } from '../registry/entries.ts';
import { hashOf } from '../registry/hash.ts';
import { halveStride } from '../sizes/stride.ts';
import type { Facet, TapFacts, Tapped } from '../tap/tap.ts';
import { type Answer, type Failure, failureOf } from '../threads/thread.ts';
import { meanCosine } from './cosine.ts';
import { type Device, type DeviceName, type Level, openOn } from './device.ts';
import { tableTensors } from './table-tensors.ts';

export interface WorkerInput {
  spec: BackboneSpec;
  /** Layer: default the last. */
  wanted: readonly { layer?: number; facet: Facet }[];
  threads: number;
  device: Device;
  precision: Precision | 'auto';
  /** Views in one inference, if the model takes several; default by device. */
  batch: number | undefined;
}

/** Images of one size, each as its views (one, or four for `overlap`); null ends the thread. */
export type Request = { images: Float32Array[][]; width: number; height: number; halfStride: boolean } | null;

/** One reply to the start, then one to each request, in order. */
export type Reply = Opened | { answers: Answer<Keys[]>[] } | Failure;

export interface Opened {
  facts: TapFacts;
  /** In the order wanted. */
  outputs: readonly { layer: number; facet: Facet }[];
  device: DeviceName;
  precision: Precision;
  batch: number;
}

/** One inference over images of one size, each `[3, height, width]`. @returns by image, the keys of each output */
type Run = (images: Float32Array[], width: number, height: number) => Promise<Keys[][]>;

/** On the CPU a batch was no faster; one image does not fill a GPU. */
const BATCH = { cpu: 1, cuda: 8, tensorrt: 8 };
/** The least cosine of a half-precision key with the file's own. */
const LIKE = 0.999;

if (!parentPort) throw new Error('session.worker runs in a worker thread only');
const port = parentPort;
const { spec, wanted, threads, device, precision, batch } = workerData as WorkerInput;

try {
  const { opened, run, runHalf, end } = await open();
  port.postMessage(opened satisfies Reply);
  let before: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request) => {
    before = before.then(async () => {
      if (!request) return end();
      const answers = await extract(request.halfStride ? runHalf : run, opened.batch, request);
      const buffers = answers.flatMap((answer) =>
        'result' in answer ? answer.result.map(({ data }) => data.buffer) : [],
      );
      port.postMessage({ answers } satisfies Reply, buffers as ArrayBuffer[]);
    });
  });
} catch (error) {
  port.postMessage(failureOf(error) satisfies Reply);
  port.close();
}

async function open() {
  const tapped = await load();
  const { facts } = tapped;
  const first = await start(tapped);
  /** Opened when first asked for: a second copy of the weights. */
  let half: Promise<Started> | undefined;
  const started: Promise<Started>[] = [Promise.resolve(first)];
  const runHalf: Run = async (...args) => {
    half ??= load().then((again) => startHalf(again, first));
    if (!started.includes(half)) started.push(half);
    return (await half).run(...args);
  };
  const most = batch ?? BATCH[first.device];
  const outputs = tapped.outputs.map(({ layer, facet }) => ({ layer, facet }));
  const opened: Opened = {
    ...{ facts, outputs, device: first.device, precision: first.precision },
    batch: most > 1 && (await followsBatch(first.run, facts)) ? most : 1,
  };
  const end = async () => {
    for (const each of started) await (await each.catch(() => undefined))?.inference.release();
    port.close();
  };
  return { opened, run: first.run, runHalf, end };
}

interface Started {
  inference: InferenceSession;
  run: Run;
  device: DeviceName;
  precision: Precision;
}

/** Opens the model where and as it was asked for; `auto` is half precision on a GPU, if the keys stay what they are. */
async function start(tapped: Tapped): Promise<Started> {
  const own = precision === 'auto' ? 'given' : precision;
  const given = await openAs(tapped, own, device);
  if (precision !== 'auto' || given.device === 'cpu' || tapped.facts.precision !== 'float32') return given;
  try {
    const half = await openAs(tapped, 'float16', given.device);
    const { inference } = (await alike(given.run, half.run, tapped.facts)) ? given : half;
    await inference.release();
    return inference === given.inference ? half : given;
  } catch {
    return given;
  }
}

async function openAs(tapped: Tapped, as: Precision, where: Device): Promise<Started> {
  return { ...(await openRunning(inPrecision(tapped.model, as), tapped, where, 1)), precision: as };
}

async function startHalf(tapped: Tapped, { device, precision }: Started): Promise<Started> {
  const { input, facts } = tapped;
  const model = halveStride(inPrecision(tapped.model, precision), { input, patch: facts.patch });
  return { ...(await openRunning(model, tapped, device, 2)), precision };
}

/**
 * Opens a model and sees it run. Changed layouts break some graphs: onnxruntime moves a Transpose through the cubic Resize of
 * positions, which then refuses to shrink. Those open without.
 *
 * @throws InvalidInputError if it does not run
 */
async function openRunning(model: Uint8Array, tapped: Tapped, where: Device, density: 1 | 2) {
  const levels: Level[] = ['all', 'extended'];
  let reason = '';
  for (const level of levels) {
    const opened = await openOn(model, where, threads, level);
    const run = runOf(opened.inference, tapped, density);
    const more = (density - 1) * (tapped.facts.patch / 2);
    try {
      const [image, width, height] = wave(tapped.facts, 0.1, more);
      await run([image], width, height);
      return { ...opened, run };
    } catch (error) {
      await opened.inference.release();
      [reason] = String((error as Error).message).split('\n');
    }
  }
  throw new InvalidInputError(`${spec.path} does not run (${reason}); expected a model that takes a small image`);
}

/** @param density patches along a patch's side: 2 with half the stride, which takes half a patch more of the image */
function runOf(inference: InferenceSession, { input, outputs, facts, positions }: Tapped, density: 1 | 2): Run {
  const tables = tableTensors(positions, spec.interpolation);
  const { patch, dim: d, prefixTokens } = facts;
  const patches = (side: number) => Math.floor(side / patch) * density;
  return async (images, width, height) => {
    const n = images.length;
    const [h, w] = [patches(height), patches(width)];
    const results = await inference.run({
      ...tables(h, w),
      [input]: new Tensor('float32', joined(images), [n, 3, height, width]),
    });
    const tokens = prefixTokens + h * w;
    const found = outputs.map(({ name }) => {
      const { data, dims } = results[name];
      if (data instanceof Float32Array && dims[0] === n && dims[1] === tokens) return data;
      throw new InvalidInputError(
        `${dims[0]} × ${dims[1]} tokens at ${width} × ${height}; expected ${n} × (${prefixTokens} + ${h} × ${w})`,
      );
    });
    return images.map((_, i) =>
      found.map((data) => ({
        ...{ h, w, d },
        data: data.slice((i * tokens + prefixTokens) * d, (i + 1) * tokens * d),
      })),
    );
  };
}

/** Whether two models give keys of one direction. */
async function alike(a: Run, b: Run, facts: TapFacts): Promise<boolean> {
  const [image, width, height] = wave(facts, 0.1);
  const [[expected], [actual]] = [await a([image], width, height), await b([image], width, height)];
  return expected.every(({ data, d }, output) => meanCosine(data, actual[output].data, d) >= LIKE);
}

/** The tapped model: kept from an earlier opening, or made and checked now. */
async function load(): Promise<Tapped> {
  const file = await readModelFile(spec.path);
  const sha256 = sha256Of(file.bytes);
  if (sha256 !== spec.sha256) {
    throw new InvalidInputError(`${spec.path} has sha256 ${sha256}; expected ${spec.sha256} (${spec.id})`);
  }
  const { cache } = spec;
  // Weights in files beside it are part of what a model is.
  const source = spec.data ? sha256Of([sha256, ...spec.data.map((other) => other.sha256)].join()) : sha256;
  const key = { source, wanted };
  const kept = cache === undefined ? undefined : await readTapped(cache, key);
  if (kept) return expectSizes(kept.tapped);
  for (const { name, sha256: wanted } of spec.data ?? []) {
    const found = await hashOf(join(dirname(spec.path), name));
    if (found !== wanted) throw new InvalidInputError(`${name} has sha256 ${found}; expected ${wanted} (${spec.id})`);
  }
  const layers = wanted.map(({ layer }) => layer ?? 'last');
  const checked = await checkModel(file, layers, spec.interpolation);
  const tapped = expectSizes(checked.tap(wanted));
  if (cache !== undefined && (checked.whole || spec.data)) {
    await keepTapped(cache, key, { tapped, checks: checked.checks });
  }
  return tapped;
}

// A declaration, since the thread opens its model before this line runs.
function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

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
async function followsBatch(run: Run, facts: TapFacts): Promise<boolean> {
  const [first, width, height] = wave(facts, 0.1);
  const images = [first, wave(facts, 0.7)[0]];
  try {
    const together = await run(images, width, height);
    for (const [i, image] of images.entries()) {
      const [alone] = await run([image], width, height);
      for (const [output, { data }] of alone.entries()) {
        const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (!data.every((value, k) => Math.abs(value - together[i][output].data[k]) <= 1e-2 * scale)) return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** A picture of waves, and its width and height: small or native, and some pixels more. */
function wave({ patch, anySize, nativeSize }: TapFacts, step: number, more = 0): [Float32Array, number, number] {
  const [height, width] = (anySize || !nativeSize ? [2 * patch, 3 * patch] : nativeSize).map((side) => side + more);
  return [Float32Array.from({ length: 3 * width * height }, (_, i) => Math.sin(step * i)), width, height];
}

async function extract(run: Run, batch: number, { images, width, height, halfStride }: NonNullable<Request>) {
  const views = images.flat();
  const keys: Keys[][] = [];
  try {
    for (let i = 0; i < views.length; i += batch) keys.push(...(await run(views.slice(i, i + batch), width, height)));
  } catch (error) {
    if (images.length === 1) return [failureOf(error)];
    // A batch that fails, mostly for lack of memory, may succeed image by image.
    const answers: Answer<Keys[]>[] = [];
    for (const image of images)
      answers.push(...(await extract(run, batch, { images: [image], width, height, halfStride })));
    return answers;
  }
  return images.map((own): Answer<Keys[]> => {
    const passes = keys.splice(0, own.length);
    if (passes.length === 1) return { result: passes[0] };
    return { result: wanted.map((_, output) => interleaveKeys(passes.map((pass) => pass[output]))) };
  });
}

function joined(images: readonly Float32Array[]): Float32Array {
  if (images.length === 1) return images[0];
  const [{ length }] = images;
  const all = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) all.set(image, i * length);
  return all;
}

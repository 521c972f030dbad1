/**
 * The thread behind a session: it loads the file, checks and taps it, and runs inference, which blocks its event loop.
 * Preprocessing happens here too, since resizing a photograph takes longer than an event loop should stand still.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { InvalidInputError } from '@saltworks/core/errors';
import type { RgbImage } from '@saltworks/core/image';
import { interleaveKeys, type Keys } from '@saltworks/core/keys';
import { InferenceSession, env as ort, Tensor } from 'onnxruntime-node';
import { preprocess, preprocessOverlapping } from './preprocess.ts';
import type { BackboneSpec } from './registry.ts';
import { type Facet, type TapFacts, tap } from './tap.ts';

export interface WorkerInput {
  spec: BackboneSpec;
  layer: number | undefined;
  facet: Facet;
  threads: number;
  device: Device;
}

/** Where inference runs; `auto` is CUDA where there is one, else the CPU. */
export type Device = 'auto' | 'cpu' | 'cuda';

/** null asks the thread to end. */
export type Request = { image: RgbImage; longSide: number | 'native'; overlap: boolean } | null;

/** One reply to the start and one to each request, in order. */
export type Reply =
  | { keys: Keys }
  | { facts: TapFacts; layer: number; device: 'cpu' | 'cuda' }
  | { error: string; invalid: boolean };

type Run = (pixels: Float32Array, width: number, height: number) => Promise<Keys>;

if (!parentPort) throw new Error('session.worker runs in a worker thread only');
const port = parentPort;
const { spec, layer, facet, threads, device } = workerData as WorkerInput;

// Trying CUDA where there is none would print a page about it.
ort.logLevel = 'fatal';

const session = await answer(open);
if (session) {
  let before: Promise<unknown> = Promise.resolve();
  port.on('message', (request: Request) => {
    before = before.then(async () => {
      if (request) await answer(() => extract(session.run, request));
      else await session.end();
    });
  });
} else {
  port.close();
}

async function open() {
  const { model, input, output, layer: tapped, facts } = await load();
  const { inference, device } = await create(model);
  const run: Run = async (pixels, width, height) => {
    const results = await inference.run({ [input]: new Tensor('float32', pixels, [1, 3, height, width]) });
    const { data, dims } = results[output];
    const [h, w, d] = [height / facts.patch, width / facts.patch, facts.dim];
    if (!(data instanceof Float32Array) || dims[1] !== facts.prefixTokens + h * w) {
      throw new InvalidInputError(
        `${dims[1]} tokens at ${width} × ${height}; expected ${facts.prefixTokens} + ${h} × ${w}`,
      );
    }
    return { data: data.slice(facts.prefixTokens * d), h, w, d };
  };
  await followsSize(run, facts.patch);
  const end = async () => {
    await inference.release();
    port.close();
  };
  return { reply: { facts, layer: tapped, device }, run, end };
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
      await run(new Float32Array(3 * h * w * patch * patch), w * patch, h * patch);
    } catch (error) {
      const [reason] = String((error as Error).message).split('\n');
      throw new InvalidInputError(
        `${spec.path} does not follow the size of the picture (${reason}); expected any size`,
      );
    }
  }
}

async function extract(run: Run, { image, longSide, overlap }: NonNullable<Request>) {
  const options = { ...spec, longSide };
  if (!overlap) {
    const { data, width, height } = preprocess(image, options);
    return { reply: { keys: await run(data, width, height) } };
  }
  const passes: Keys[] = [];
  for (const { data, width, height } of preprocessOverlapping(image, options))
    passes.push(await run(data, width, height));
  return { reply: { keys: interleaveKeys(passes) } };
}

/** Does one piece of work and replies with its result, or with why there is none. */
async function answer<T extends { reply: Reply }>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    const done = await work();
    const { reply } = done;
    port.postMessage(reply, 'keys' in reply ? [reply.keys.data.buffer as ArrayBuffer] : []);
    return done;
  } catch (error) {
    const { message } = error as Error;
    port.postMessage({ error: message, invalid: error instanceof InvalidInputError } satisfies Reply);
    return undefined;
  }
}

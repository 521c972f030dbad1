/** How fast a backbone is on this machine, and how near its keys stay to the file's own: by device, precision and batch. */
import { fork } from 'node:child_process';
import type { Facet } from '@saltworks/contract/kinds';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Precision } from '../precision/precision.ts';
import { hasIntegerProducts } from '../precision/processor.ts';
import type { BackboneSpec } from '../registry/entries.ts';
import { meanCosine } from '../session/cosine.ts';
import type { DeviceName } from '../session/device.ts';
import type { Failure } from '../threads/thread.ts';
import type { BenchAnswer, BenchJob, Configuration } from './bench.process.ts';

export interface Measured extends Configuration {
  /** Types of the file's own weights. */
  weights: string;
  imagesPerSecond: number;
  /** Seconds until the backbone was open. */
  opened: number;
  /** Most memory of the process, bytes: code, file and images included. */
  memory: number;
  /** GPU memory that the process held, bytes, where the driver tells. */
  gpuMemory?: number;
  /** Mean over patches of the cosine with the keys of the first configuration. */
  cosine: number;
}

export type BenchRow = Measured | (Configuration & { refused: string });

/** The configurations that are worth measuring, the file's own on the CPU first. */
export function configurations(batches: readonly number[] = []): Configuration[] {
  const each = (device: DeviceName, precisions: Precision[], usual: number[]): Configuration[] =>
    (batches.length > 0 ? batches : usual).flatMap((batch) =>
      precisions.map((precision) => ({ device, precision, batch })),
    );
  return [
    ...each('cpu', ['given', 'float16', 'int8'], [1]),
    ...each('cuda', ['given', 'float16'], [1, 8]),
    ...each('tensorrt', ['float16'], [1, 8]),
  ];
}

/**
 * Measures configurations one after the other, each in a process of its own, so that its memory is its own. The first gives
 * the keys that others are compared with. A device that is not there is tried once.
 *
 * @param options images: upright. seconds: of measurement for each, after one uncounted round. threads: of the CPU
 */
export async function* benchBackbone(
  spec: BackboneSpec,
  list: readonly Configuration[],
  options: { images: readonly RgbImage[]; facet?: Facet; seconds?: number; threads: number; signal?: AbortSignal },
): AsyncGenerator<BenchRow> {
  const { images, facet = 'key', seconds = 5, threads, signal } = options;
  let reference: Float32Array | undefined;
  const absent = new Set<DeviceName>();
  for (const configuration of list) {
    const { device, precision } = configuration;
    if (absent.has(device)) continue;
    if (device === 'cpu' && precision === 'int8' && !hasIntegerProducts()) {
      yield { ...configuration, refused: 'no VNNI or like instructions, without which sums of int8 overflow' };
      continue;
    }
    const answer = await inProcess({ spec, configuration, images, facet, seconds, threads }, signal);
    if ('error' in answer) {
      if (!answer.invalid) throw new Error(answer.error);
      if (/^no (CUDA|TensorRT) here/.test(answer.error)) absent.add(device);
      yield { ...configuration, refused: answer.error };
      continue;
    }
    const { keys, ...measured } = answer;
    reference ??= keys.data;
    yield { ...configuration, ...measured, cosine: meanCosine(reference, keys.data, keys.d) };
  }
}

function inProcess(job: BenchJob, signal?: AbortSignal): Promise<BenchAnswer | Failure> {
  return new Promise((resolve, reject) => {
    const child = fork(new URL('./bench.process.js', import.meta.url), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    });
    child.once('message', (answer) => resolve(answer as BenchAnswer | Failure));
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : error));
    child.once('exit', (code, name) => reject(new Error(`the measuring process ended with ${name ?? `code ${code}`}`)));
    child.send(job);
  });
}

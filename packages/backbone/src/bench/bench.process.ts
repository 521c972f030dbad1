/** The process of one measurement: opens the backbone, keeps it busy for some seconds, and tells what that took. */
import { execFileSync } from 'node:child_process';
import type { Facet } from '@saltworks/contract/kinds';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Precision } from '../precision/precision.ts';
import type { BackboneSpec } from '../registry/entries.ts';
import type { DeviceName } from '../session/device.ts';
import { openSession } from '../session/session.ts';
import { failureOf } from '../threads/thread.ts';

/** One way to run a backbone. */
export interface Configuration {
  device: DeviceName;
  /** `given` leaves the file's own types. */
  precision: Precision;
  /** Images in one inference. */
  batch: number;
}

export interface BenchJob {
  spec: BackboneSpec;
  configuration: Configuration;
  images: readonly RgbImage[];
  facet: Facet;
  seconds: number;
  threads: number;
}

export interface BenchAnswer {
  /** Images in one inference: fewer than asked for if the model takes fewer. */
  batch: number;
  weights: string;
  imagesPerSecond: number;
  opened: number;
  memory: number;
  gpuMemory?: number;
  /** Of the first image. */
  keys: Keys;
}

process.once('message', async (job: BenchJob) => {
  const answer = await measure(job).catch(failureOf);
  process.send?.(answer, () => process.exit(0));
});

async function measure({ spec, configuration, images, facet, seconds, threads }: BenchJob): Promise<BenchAnswer> {
  const { device, precision, batch } = configuration;
  const start = performance.now();
  const session = await openSession(spec, { facet, threads, device, precision, batch });
  const opened = (performance.now() - start) / 1000;
  const next = (i: number) => session.extract(images[i % images.length]);
  // Twice the batch in flight: the next one is prepared while one runs.
  const flight = 2 * session.facts.batch;
  const round = async () => {
    await Promise.all(Array.from({ length: flight }, (_, i) => next(i)));
    return flight;
  };
  const keys = await next(0);
  await round();
  let done = 0;
  const begin = performance.now();
  while (performance.now() - begin < 1000 * seconds) done += await round();
  const imagesPerSecond = done / ((performance.now() - begin) / 1000);
  const gpuMemory = device === 'cpu' ? undefined : ownGpuMemory();
  await session.close();
  const { batch: taken, precision: weights } = session.facts;
  return {
    batch: taken,
    weights,
    imagesPerSecond,
    opened,
    memory: 1024 * process.resourceUsage().maxRSS,
    gpuMemory,
    keys,
  };
}

/** Bytes of GPU memory that this process holds; undefined where the driver's own tool does not tell. */
function ownGpuMemory(): number | undefined {
  try {
    const query = ['--query-compute-apps=pid,used_memory', '--format=csv,noheader,nounits'];
    const lines = execFileSync('nvidia-smi', query, { encoding: 'utf8', timeout: 5000 }).trim().split('\n');
    const own = lines.map((line) => line.split(',').map(Number)).find(([pid]) => pid === process.pid);
    return own && own[1] * 2 ** 20;
  } catch {
    return undefined;
  }
}

/** Use and memory of NVIDIA GPUs, where `nvidia-smi` is there; elsewhere there are no such metrics. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { kept } from './kept.ts';
import { gpuMemory, gpuUse } from './metrics.ts';

const keptMs = 5_000;
const limitMs = 3_000;
const query = ['--query-gpu=index,utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];

interface Gpu {
  gpu: string;
  /** 0 … 1. */
  use: number;
  /** Bytes. */
  used: number;
  total: number;
}

/** @param command of `nvidia-smi`  @returns stops it */
export function observeGpus(command = 'nvidia-smi'): () => void {
  let absent = false;
  const gpus = kept(keptMs, async () => {
    if (absent) return [];
    try {
      return gpusOf((await promisify(execFile)(command, query, { timeout: limitMs })).stdout);
    } catch (error) {
      absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      return [];
    }
  });
  const stops = [
    gpuUse.observe(async () => (await gpus()).map(({ gpu, use }) => ({ labels: { gpu }, value: use }))),
    gpuMemory.observe(async () =>
      (await gpus()).flatMap(({ gpu, used, total }) => [
        { labels: { gpu, kind: 'used' }, value: used },
        { labels: { gpu, kind: 'total' }, value: total },
      ]),
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Lines of `index, percent, MiB, MiB`; a GPU that tells no number is left out. */
function gpusOf(text: string): Gpu[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .map(([gpu, percent, used, total]) => ({
      ...{ gpu, use: Number(percent) / 100, used: Number(used) * 2 ** 20, total: Number(total) * 2 ** 20 },
    }))
    .filter(({ use, used, total }) => [use, used, total].every(Number.isFinite));
}

// The best that this machine gives a kernel: packages/core/src/arena/kernels/peak.ts, measured in the same run as the kernels.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/setup.mjs';

const large = 96 * 2 ** 20;
/** Half of a second-level cache of 512 KiB, the smallest common size. */
const small = 256 * 2 ** 10;

/**
 * One thread, the best of several: other load only slows it.
 *
 * @returns multiplications and additions in registers in GFLOP/s; GB/s read from memory and from the second cache; GB/s
 *   copied in memory, where every line counts three times: it is read, and read again before it is written
 */
export function peaks(repeats = 9) {
  const module = new WebAssembly.Module(readFileSync(join(root, 'packages/core/dist/kernels/peak.wasm')));
  const { memory, multiplyAdd, read, copy, heapBase } = new WebAssembly.Instance(module).exports;
  memory.grow(Math.ceil((2 * large) / 65536) + 1);
  const at = (heapBase() + 127) & ~127;
  // Pages that were never written are all the same page of zeros, which fits any cache.
  new Uint8Array(memory.buffer, at, 2 * large).fill(1);
  new Float32Array(memory.buffer, at, 16).fill(0.5);
  const operations = 10e6;
  const passes = 400;
  const measure = {
    gflops: () => (64 * operations) / nanoseconds(() => multiplyAdd(at, operations)),
    read: () => large / nanoseconds(() => read(at, large, 1)),
    cached: () => (passes * small) / nanoseconds(() => read(at, small, passes)),
    copy: () => (3 * large) / nanoseconds(() => copy(at, at + large, large)),
  };
  const best = { gflops: 0, read: 0, cached: 0, copy: 0 };
  for (let i = 0; i < repeats; i++) {
    for (const [name, once] of Object.entries(measure)) best[name] = Math.max(best[name], once());
  }
  return Object.fromEntries(Object.entries(best).map(([name, value]) => [name, Math.round(10 * value) / 10]));
}

function nanoseconds(work) {
  const start = performance.now();
  work();
  return (performance.now() - start) * 1e6;
}

// What the module exports. Kernels take addresses in its memory, in bytes, and allocate nothing: src/fast plans memory.
export * from './affinity';
export * from './band';
export * from './blur';
export * from './cells';
export * from './cholesky';
export * from './crf';
export * from './gram';
export * from './lattice';
export * from './pixels';
export * from './product';
export * from './ridge';
export * from './sparing-product';
export * from './survey';
export * from './tiles';
export * from './walk';
export * from './whiten';

/** Where free memory begins. */
export function heapBase(): usize {
  return __heap_base;
}

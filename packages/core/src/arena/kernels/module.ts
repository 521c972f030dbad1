// The module's exports. Kernels take addresses in its memory, in bytes, and allocate nothing; the files in fast/ plan memory.

export * from '../../image/kernels/cells';
export * from '../../nodes/kernels/gram';
export * from '../../refine/kernels/blur';
export * from '../../refine/kernels/crf';
export * from '../../refine/kernels/guided-filter';
export * from '../../refine/kernels/lattice';
export * from '../../refine/kernels/pixels';
export * from '../../refine/kernels/survey';
export * from '../../refine/kernels/tiles';
export * from '../../spread/kernels/affinity';
export * from '../../spread/kernels/product';
export * from '../../spread/kernels/sparing-product';
export * from '../../walk/kernels/band';
export * from '../../walk/kernels/cholesky';
export * from '../../walk/kernels/ridge';
export * from '../../walk/kernels/walk';
export * from '../../walk/kernels/whiten';

/** The start of free memory. */
export function heapBase(): usize {
  return __heap_base;
}

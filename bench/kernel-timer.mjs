// The time of every kernel, and the work that it does in it.
import { workOf } from './work.mjs';

/**
 * Times every kernel that a run calls through an arena; the timing takes time itself.
 *
 * @returns by kernel: calls, milliseconds, operations, bytes
 */
export function timeKernels(arena, run) {
  const { kernels } = arena;
  const seen = {};
  const timed = (name, kernel) =>
    function call(...args) {
      const start = performance.now();
      const result = kernel(...args);
      const ms = performance.now() - start;
      const { variant = name, flops = Number.NaN, bytes = Number.NaN, at, why } = workOf(name, args, result);
      seen[variant] ??= { kernel: variant, at, why, calls: 0, ms: 0, flops: 0, bytes: 0 };
      const sum = seen[variant];
      sum.calls++;
      sum.ms += ms;
      sum.flops += flops;
      sum.bytes += bytes;
      return result;
    };
  const entries = Object.entries(kernels).map(([name, item]) => [
    name,
    typeof item === 'function' ? timed(name, item) : item,
  ]);
  const set = (value) => Object.defineProperty(arena, 'kernels', { value, configurable: true });
  set(Object.fromEntries(entries));
  try {
    run();
  } finally {
    set(kernels);
  }
  return Object.values(seen);
}

// Which kernel takes how long, and how much it does meanwhile.
import { workOf } from './work.mjs';

/**
 * From now on, times every kernel that is called through an arena.
 *
 * @returns takes what was seen since the last time: by kernel, calls, milliseconds, operations, bytes
 */
export function timeKernels(arena) {
  let seen = {};
  const timed = (name, kernel) =>
    function call(...args) {
      const start = performance.now();
      const result = kernel(...args);
      const ms = performance.now() - start;
      const { variant = name, flops = Number.NaN, bytes = Number.NaN, at, why } = workOf(name, args, result, arena);
      seen[variant] ??= { kernel: variant, at, why, calls: 0, ms: 0, flops: 0, bytes: 0 };
      const sum = seen[variant];
      sum.calls++;
      sum.ms += ms;
      sum.flops += flops;
      sum.bytes += bytes;
      return result;
    };
  const value = Object.fromEntries(
    Object.entries(arena.kernels).map(([name, item]) => [name, typeof item === 'function' ? timed(name, item) : item]),
  );
  Object.defineProperty(arena, 'kernels', { value, configurable: true });
  return () => {
    const taken = Object.values(seen);
    seen = {};
    return taken;
  };
}

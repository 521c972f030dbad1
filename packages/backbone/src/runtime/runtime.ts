/** Models in onnxruntime, on the CPU: opened for some runs, or for one. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { InferenceSession, env as ort, Tensor } from 'onnxruntime-node';
import type { Evaluate } from '../graph/native.ts';
import type { Detached } from '../onnx/detached.ts';
import type { Elements, Values } from '../onnx/values.ts';

/** Most bytes of a constant that the runtime computes while it opens a graph. */
const MAX_FOLDED = 2 ** 28;

/** A model that is open. */
export interface Running {
  /** @param outputs names, default all. @throws InvalidInputError if the runtime refuses the inputs */
  run(inputs: Readonly<Record<string, Values>>, outputs?: readonly string[]): Promise<Map<string, Values>>;
  close(): Promise<void>;
}

// Otherwise onnxruntime prints what it throws.
ort.logLevel = 'fatal';

/** @param files weights that the model names. @throws InvalidInputError if the runtime refuses the model */
export async function openModel(
  model: Uint8Array,
  { threads, files = [] }: { threads?: number; files?: Detached['files'] } = {},
): Promise<Running> {
  const session = await refusing(() =>
    InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'basic',
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(files.length > 0 ? { externalData: files } : {}),
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 4,
      extra: {
        // Rearranged copies of the weights pay off after many runs only.
        session: { intra_op: { allow_spinning: '0' }, disable_prepacking: '1' },
        optimization: { constant_folding_max_output_size_in_bytes: String(MAX_FOLDED) },
      },
    }),
  );
  return {
    async run(inputs, outputs = session.outputNames) {
      const feeds = session.inputNames.map((name) => [name, tensorOf(inputs[name])] as const);
      const results = await refusing(() => session.run(Object.fromEntries(feeds), [...outputs]));
      return new Map(outputs.map((name) => [name, valuesOf(results[name])]));
    },
    close: () => session.release(),
  };
}

/** Opens a model, runs it once and closes it. */
export const evaluate: Evaluate = async (model, outputs, inputs = {}) => {
  const running = await openModel(model, { threads: 1 });
  try {
    return await running.run(inputs, outputs);
  } finally {
    await running.close();
  }
};

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const [reason] = String((error as Error).message ?? error).split('\n');
    throw new InvalidInputError(`a graph that onnxruntime refuses (${reason}); expected one that runs`);
  }
}

// Halves go in and out as bits. Where Node has `Float16Array`, onnxruntime's tensors hold it, but its binding cannot read it.
function tensorOf({ type, dims, data }: Values): Tensor {
  const tensor = new Tensor(type as 'float32', data as Float32Array, dims);
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: data }) : tensor;
}

function valuesOf({ type, dims, data }: Tensor): Values {
  const { buffer, byteOffset, length } = data as Elements;
  return { type, dims, data: type === 'float16' ? new Uint16Array(buffer, byteOffset, length) : (data as Elements) };
}

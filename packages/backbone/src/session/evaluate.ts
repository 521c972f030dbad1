/** Runs small models in onnxruntime, for the tap. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { InferenceSession, env as ort, Tensor } from 'onnxruntime-node';
import type { Elements, Values } from '../onnx/values.ts';
import type { Evaluate } from '../tap/native.ts';

// The first session of a process sets what onnxruntime prints: otherwise a page if there is no CUDA.
ort.logLevel = 'fatal';

/** Most bytes of a constant that the runtime computes while it opens a graph. */
const MAX_FOLDED = 2 ** 28;

export const evaluate: Evaluate = async (model, outputs, inputs = {}) => {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'basic',
      intraOpNumThreads: 1,
      enableMemPattern: false,
      enableCpuMemArena: false,
      logSeverityLevel: 4,
      extra: { optimization: { constant_folding_max_output_size_in_bytes: String(MAX_FOLDED) } },
    });
    const feeds = session.inputNames.map((name) => [name, tensorOf(inputs[name])] as const);
    const results = await session.run(Object.fromEntries(feeds), [...outputs]);
    return new Map(outputs.map((name) => [name, valuesOf(results[name])]));
  } catch (error) {
    const [reason] = String((error as Error).message ?? error).split('\n');
    throw new InvalidInputError(`a graph that onnxruntime refuses (${reason}); expected one that runs`);
  } finally {
    await session?.release();
  }
};

function tensorOf({ type, dims, data }: Values): Tensor {
  return new Tensor(type as 'float32', data as Float32Array, dims);
}

function valuesOf({ type, dims, data }: Tensor): Values {
  return { type, dims, data: data as Elements };
}

/** Where inference runs: TensorRT, CUDA or the CPU, as far as this machine's onnxruntime can. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { InferenceSession, env as ort } from 'onnxruntime-node';

// Otherwise onnxruntime prints a page if there is no CUDA.
ort.logLevel = 'fatal';

export type DeviceName = 'cpu' | 'cuda' | 'tensorrt';

/** `auto`: CUDA if present, else the CPU. TensorRT builds an engine for every new size, so it is taken by name alone. */
export type Device = DeviceName | 'auto';

/** How far onnxruntime rewrites a graph: `all` also changes the layout of images for the processor. */
export type Level = 'all' | 'extended';

export type Create = (model: Uint8Array, options: InferenceSession.SessionOptions) => Promise<InferenceSession>;

/** What onnxruntime may use on each: operators that TensorRT lacks run on CUDA, what that lacks on the CPU. */
const PROVIDERS: Record<DeviceName, string[]> = { cpu: ['cpu'], cuda: ['cuda'], tensorrt: ['tensorrt', 'cuda'] };

/**
 * Opens a model on a device. onnxruntime throws if a library of the device is missing.
 *
 * @param threads of one inference on the CPU
 * @throws InvalidInputError if a device that was named is not there
 */
export async function openOn(
  model: Uint8Array,
  device: Device,
  threads: number,
  level: Level = 'all',
  create: Create = InferenceSession.create,
): Promise<{ inference: InferenceSession; device: DeviceName }> {
  const on = async (name: DeviceName) => {
    const inference = await create(model, {
      executionProviders: PROVIDERS[name],
      intraOpNumThreads: threads,
      graphOptimizationLevel: level,
      // Images differ in size, and onnxruntime would keep a memory pattern for each.
      enableMemPattern: false,
      // Waiting threads sleep: beside other work, spinning made inference a fifth slower.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      // Errors are thrown, so they need not be printed too.
      logSeverityLevel: 4,
    });
    return { inference, device: name };
  };
  if (device === 'cpu') return on('cpu');
  try {
    return await on(device === 'auto' ? 'cuda' : device);
  } catch (error) {
    if (device === 'auto') return on('cpu');
    const [reason] = (error as Error).message.split('\n');
    const title = device === 'cuda' ? 'CUDA' : 'TensorRT';
    throw new InvalidInputError(`no ${title} here (${reason}); expected device cpu or auto`);
  }
}

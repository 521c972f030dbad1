/** The path to a GPU, without one: onnxruntime is stood in for where it would need CUDA. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { InferenceSession } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { type Create, openOn } from '../../src/session/device.ts';

const model = new Uint8Array(1);

/** An onnxruntime that has some providers alone. */
function runtimeWith(...there: string[]) {
  const asked: InferenceSession.SessionOptions['executionProviders'][] = [];
  const create: Create = async (_, { executionProviders }) => {
    asked.push(executionProviders);
    const missing = executionProviders?.find((name) => !there.includes(name as string));
    if (missing) throw new Error(`Failed to load the library of ${missing}\nand more lines`);
    return {} as InferenceSession;
  };
  const deviceOf = async (device: Parameters<typeof openOn>[1]) =>
    (await openOn(model, device, 1, 'all', create)).device;
  return { asked, deviceOf };
}

describe('a device', () => {
  test('auto is CUDA where there is one, else the CPU; never TensorRT', async () => {
    expect(await runtimeWith('cpu', 'cuda', 'tensorrt').deviceOf('auto')).toBe('cuda');
    const without = runtimeWith('cpu');
    expect(await without.deviceOf('auto')).toBe('cpu');
    expect(without.asked).toEqual([['cuda'], ['cpu']]);
  });

  test('the CPU tries nothing else', async () => {
    const { asked, deviceOf } = runtimeWith('cpu', 'cuda');
    expect(await deviceOf('cpu')).toBe('cpu');
    expect(asked).toEqual([['cpu']]);
  });

  test('TensorRT leaves what it lacks to CUDA', async () => {
    const { asked, deviceOf } = runtimeWith('cpu', 'cuda', 'tensorrt');
    expect(await deviceOf('tensorrt')).toBe('tensorrt');
    expect(asked).toEqual([['tensorrt', 'cuda']]);
  });

  test.each([
    ['cuda', 'CUDA'],
    ['tensorrt', 'TensorRT'],
  ] as const)('%s by name is refused in one line where it is missing', async (device, title) => {
    const refusal = runtimeWith('cpu').deviceOf(device);
    await expect(refusal).rejects.toThrow(InvalidInputError);
    await expect(refusal).rejects.toThrow(
      new RegExp(`^no ${title} here \\(Failed to load the library of ${device}\\); expected device cpu or auto$`),
    );
  });

  test('the machine’s own onnxruntime says so, too', async () => {
    await expect(openOn(model, 'tensorrt', 1)).rejects.toThrow(
      /^no TensorRT here \(.*\); expected device cpu or auto$/,
    );
  });
});

/** The GPU: whether there is one, and whether onnxruntime works on it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { probeDevice } from '@saltworks/backbone/session/device-probe';
import { type Check, fails, ok, oneLine, warning } from './check.ts';
import { isWorker, orNothing } from './deployment.ts';

export const checkGpu: Check = async (place, signal) => {
  const { device } = place;
  if (!isWorker(place) || device === 'cpu') return [];
  const card = await orNothing(driver(signal));
  const mend = card
    ? 'the CUDA 12 libraries and cuDNN 9 beside onnxruntime: the CUDA image has them (docs/deploy.md)'
    : 'a driver and its container toolkit, so that nvidia-smi lists the card; or --device cpu';
  try {
    const found = await probeDevice(device);
    if (found !== 'cpu') return [ok('gpu', `${card ?? 'no nvidia-smi'}; inference on ${found}`)];
  } catch (error) {
    return [fails('gpu', `${card ?? 'nvidia-smi finds none'}; ${oneLine(error)}`, mend)];
  }
  if (card) return [warning('gpu', `${card}, and onnxruntime cannot use it: inference on the CPU`, mend)];
  return [ok('gpu', 'none: inference on the CPU')];
};

/** Name and driver of the first card. @throws Error without one */
async function driver(signal: AbortSignal): Promise<string> {
  const asked = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const { stdout } = await promisify(execFile)('nvidia-smi', asked, { signal, timeout: 10_000 });
  const [name, version] = stdout
    .split('\n')[0]
    .split(',')
    .map((part) => part.trim());
  return `${name}, driver ${version}`;
}

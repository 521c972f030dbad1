/** What the environment decides, read once and validated. */
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/core/errors';

export interface Settings {
  /** SALTWORKS_HOME: the folder that holds everything kept between runs. */
  home: string;
  /** SALTWORKS_STORE: where objects are, a folder or `s3://bucket/prefix`; default `objects/` of the home. */
  store: string;
  /** SALTWORKS_TEMPORAL_ADDRESS: a Temporal server to use instead of the embedded one, host:port. */
  temporalAddress?: string;
  /** SALTWORKS_TEMPORAL_NAMESPACE. */
  namespace: string;
  /** SALTWORKS_MAX_PIXELS: images that say they are larger are refused before they are decoded. */
  maxPixels: number;
  /** SALTWORKS_PROPAGATE_THREADS: images that a worker solves at the same time; default all cores. */
  propagateThreads?: number;
  /** SALTWORKS_BATCH: images in one inference; default 1 on the CPU, 8 on CUDA. */
  batch?: number;
}

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const temporalAddress = env.SALTWORKS_TEMPORAL_ADDRESS || undefined;
  if (temporalAddress && !/^[^\s:/]+:\d+$/.test(temporalAddress)) {
    throw new InvalidInputError(`SALTWORKS_TEMPORAL_ADDRESS=${temporalAddress}; expected host:port`);
  }
  const home = env.SALTWORKS_HOME || '.saltworks';
  return {
    home,
    store: env.SALTWORKS_STORE || join(home, 'objects'),
    temporalAddress,
    namespace: env.SALTWORKS_TEMPORAL_NAMESPACE || 'default',
    maxPixels: wholeOf(env, 'SALTWORKS_MAX_PIXELS') ?? 100_000_000,
    propagateThreads: wholeOf(env, 'SALTWORKS_PROPAGATE_THREADS'),
    batch: wholeOf(env, 'SALTWORKS_BATCH'),
  };
}

function wholeOf(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value > 0)) {
    throw new InvalidInputError(`${name}=${text}; expected a whole number above 0`);
  }
  return value;
}

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
}

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const pixels = env.SALTWORKS_MAX_PIXELS ?? '100000000';
  const maxPixels = Number(pixels);
  if (!(Number.isInteger(maxPixels) && maxPixels > 0)) {
    throw new InvalidInputError(`SALTWORKS_MAX_PIXELS=${pixels}; expected a whole number above 0`);
  }
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
    maxPixels,
  };
}

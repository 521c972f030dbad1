/** What the environment decides, read once and validated. */
import { InvalidInputError } from '@saltworks/core/errors';

export interface Settings {
  /** SALTWORKS_HOME: the folder that holds everything kept between runs. */
  home: string;
  /** SALTWORKS_MAX_PIXELS: images that say they are larger are refused before they are decoded. */
  maxPixels: number;
}

export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const pixels = env.SALTWORKS_MAX_PIXELS ?? '100000000';
  const maxPixels = Number(pixels);
  if (!(Number.isInteger(maxPixels) && maxPixels > 0)) {
    throw new InvalidInputError(`SALTWORKS_MAX_PIXELS=${pixels}; expected a whole number above 0`);
  }
  return { home: env.SALTWORKS_HOME || '.saltworks', maxPixels };
}

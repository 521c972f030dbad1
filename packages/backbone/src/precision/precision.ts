/** The number types that a backbone runs in. */
import { toHalfPrecision } from './half.ts';
import { toInt8 } from './int8.ts';

/** `given` leaves the file's own types: float32 for most files. */
export type Precision = 'given' | 'float16' | 'int8';

/**
 * @param model a tapped model
 * @throws InvalidInputError if its types cannot be changed so
 */
export function inPrecision(model: Uint8Array, precision: Precision): Uint8Array {
  if (precision === 'float16') return toHalfPrecision(model);
  if (precision === 'int8') return toInt8(model);
  return model;
}

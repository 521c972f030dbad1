/**
 * The file of a corpus' prior: safetensors, `weights [c, d + 1]` and `frequency [c]` in single precision, with categories,
 * settings and trust as metadata.
 */
import { parseDocument } from '@saltworks/contract/documents/document';
import { priorSettings, taughtCategories } from '@saltworks/contract/documents/statistics';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { CorpusPrior } from '../corpus/prior.ts';
import { decodeFormat, encodeSafeTensors, floatTensor, readFloats } from './safetensors.ts';

const [format, version] = ['saltworks-corpus-prior', '1'];

export function encodeCorpusPrior({ d, weights, frequency, categories, ...settings }: CorpusPrior): Uint8Array {
  const c = frequency.length;
  return encodeSafeTensors({
    tensors: new Map([
      ['weights', floatTensor(Float32Array.from(weights), [c, d + 1])],
      ['frequency', floatTensor(Float32Array.from(frequency), [c])],
    ]),
    metadata: { format, version, categories: JSON.stringify(categories), settings: JSON.stringify(settings) },
  });
}

/** @throws InvalidInputError if this is no such file of version 1, UnreadableDocumentError if its metadata are none */
export function decodeCorpusPrior(file: Uint8Array): CorpusPrior {
  const { tensors, metadata } = decodeFormat(file, format, version);
  const [weights, frequency] = ['weights', 'frequency'].map((name) => {
    const tensor = tensors.get(name);
    if (tensor) return { shape: tensor.shape, values: Float64Array.from(readFloats(tensor)) };
    throw new InvalidInputError(`a corpus' prior without ${name}; expected weights and frequency`);
  });
  const categories = parseDocument("categories of a corpus' prior", metadata.categories ?? '', taughtCategories);
  const settings = parseDocument("settings of a corpus' prior", metadata.settings ?? '', priorSettings);
  const [c, rows] = weights.shape;
  if (categories.length !== c || frequency.values.length !== c) {
    throw new InvalidInputError(
      `a corpus' prior of ${weights.shape.join(' × ')} weights, ${frequency.values.length} frequencies, ${categories.length} categories; expected sizes that agree`,
    );
  }
  return { d: rows - 1, weights: weights.values, frequency: frequency.values, categories, ...settings };
}

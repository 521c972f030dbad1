/** The ways to keep the values of keys (spec/keys.md): as halves, or as 8 bits a value, perhaps in fewer dimensions. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { codecPattern, defaultCodec } from '@saltworks/contract/kinds';
import { Arena } from '../arena/arena.ts';
import { fastPrincipal } from '../keys/fast/principal.ts';
import type { Keys } from '../keys/keys.ts';
import { floatTensor, halfTensor, readFloats, type SafeTensors, type Tensor } from './safetensors.ts';

/** @throws InvalidInputError if there is no such codec, or 8 bits are to hold a number that is not finite */
export function encodeValues(keys: Keys, codec: string): SafeTensors {
  const { data, h, w, d } = keys;
  if (!codecPattern.test(codec)) throw new InvalidInputError(`codec ${codec}; expected float16, int8 or pca-N`);
  if (codec === defaultCodec) return { tensors: new Map([['keys', halfTensor(data, [h, w, d])]]), metadata: {} };
  if (codec === 'int8') return { tensors: quantise(keys), metadata: { codec } };
  const dimensions = String(keys.space ?? d);
  return { tensors: quantise(reduce(keys, directionsOf(codec))), metadata: { codec, dimensions } };
}

/** @throws InvalidInputError unless tensors and metadata are those of a codec */
export function decodeValues({ tensors, metadata }: SafeTensors): Keys {
  const { codec = defaultCodec, dimensions } = metadata;
  const keys = tensors.get('keys');
  if (codec === defaultCodec) {
    const [h, w, d] = shapeOf(keys, 'F16');
    return { data: readFloats(keys as Tensor), h, w, d };
  }
  if (!codecPattern.test(codec)) throw new InvalidInputError(`codec ${codec}; expected float16, int8 or pca-N`);
  const [h, w, d] = shapeOf(keys, 'I8');
  const data = restore(keys as Tensor, perDimension(tensors, 'scale', d), perDimension(tensors, 'zero', d));
  if (codec === 'int8') return { data, h, w, d };
  const space = Number(dimensions);
  if (!Number.isSafeInteger(space) || d !== Math.min(directionsOf(codec), space)) {
    throw new InvalidInputError(`${d} of ${dimensions} dimensions; expected those of ${codec}`);
  }
  return { data, h, w, d, space };
}

const directionsOf = (codec: string): number => Number(codec.slice('pca-'.length));

let arena: Arena | undefined;

function reduce(keys: Keys, count: number): Keys {
  arena ??= new Arena();
  arena.reset();
  return fastPrincipal(arena, keys, count);
}

/** The largest step number: numbers go from −128 to 127, and `zero` is the value of number 0. */
const steps = 255;
const lowest = -128;

/** Each dimension in 255 equal steps from its least value to its greatest. */
function quantise({ data, h, w, d }: Keys): Map<string, Tensor> {
  const least = new Float32Array(d).fill(Number.POSITIVE_INFINITY);
  const most = new Float32Array(d).fill(Number.NEGATIVE_INFINITY);
  for (let o = 0; o < data.length; o += d) {
    for (let k = 0; k < d; k++) {
      const value = data[o + k];
      if (!Number.isFinite(value)) throw new InvalidInputError(`a key of ${value}; expected finite numbers`);
      if (value < least[k]) least[k] = value;
      if (value > most[k]) most[k] = value;
    }
  }
  const scale = least.map((value, k) => (most[k] - value) / steps);
  const zero = least.map((value, k) => value - lowest * scale[k]);
  const bytes = new Int8Array(data.length);
  for (let o = 0; o < data.length; o += d) {
    for (let k = 0; k < d; k++) {
      // A dimension of one value has no steps: it is `zero`.
      const at = scale[k] > 0 ? roundEven((data[o + k] - zero[k]) / scale[k]) : 0;
      bytes[o + k] = Math.min(Math.max(at, lowest), lowest + steps);
    }
  }
  return new Map<string, Tensor>([
    ['scale', floatTensor(scale, [d])],
    ['zero', floatTensor(zero, [d])],
    ['keys', { dtype: 'I8', shape: [h, w, d], bytes: new Uint8Array(bytes.buffer) }],
  ]);
}

function restore({ bytes }: Tensor, scale: Float32Array, zero: Float32Array): Float32Array {
  const at = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const out = new Float32Array(at.length);
  for (let o = 0; o < out.length; o += scale.length) {
    for (let k = 0; k < scale.length; k++) out[o + k] = zero[k] + scale[k] * at[o + k];
  }
  return out;
}

/** To the nearest whole number, ties to even: doubles of this size have no binary places. Below 2⁵¹. */
const roundEven = (value: number): number => value + magic - magic;
const magic = 1.5 * 2 ** 52;

function shapeOf(keys: Tensor | undefined, dtype: Tensor['dtype']): number[] {
  if (keys?.dtype === dtype && keys.shape.length === 3 && !keys.shape.includes(0)) return keys.shape;
  throw new InvalidInputError(
    `keys ${keys ? `${keys.dtype} [${keys.shape}]` : 'missing'}; expected ${dtype} [h, w, d]`,
  );
}

function perDimension(tensors: SafeTensors['tensors'], name: string, d: number): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F32' || tensor.shape.length !== 1 || tensor.shape[0] !== d) {
    throw new InvalidInputError(
      `${name} ${tensor ? `${tensor.dtype} [${tensor.shape}]` : 'missing'}; expected F32 [${d}]`,
    );
  }
  return readFloats(tensor);
}

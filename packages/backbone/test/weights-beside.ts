/** The tiny model with its weights in a file beside it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModel, readTensor, TENSOR, type Tensor, writeModel } from '../src/onnx/model.ts';
import { blockPart, intPart, readFields, stringPart, writeFields } from '../src/onnx/protobuf.ts';
import { tinyVit } from './tiny-vit.ts';

/** Moves all weights into `weights.bin` of a folder. @returns the model, which says where they are to be found */
export function weightsBeside(
  folder: string,
  location = 'weights.bin',
  change: (entry: { offset: number; length: number }) => object = (e) => e,
): Uint8Array {
  const model = readModel(tinyVit());
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const move = (tensor: Tensor): Tensor => {
    const fields = readFields(tensor.bytes, 'tensor');
    const raw = fields.find(({ number }) => number === TENSOR.rawData)?.payload;
    if (!raw) return tensor;
    const entries = { location, ...change({ offset, length: raw.length }) };
    chunks.push(raw);
    offset += raw.length;
    return readTensor(
      writeFields([
        ...fields.filter(({ number }) => number !== TENSOR.rawData),
        ...Object.entries(entries).map(([key, value]) =>
          blockPart(TENSOR.externalData, [stringPart(1, key), stringPart(2, String(value))]),
        ),
        intPart(TENSOR.dataLocation, 1),
      ]),
    );
  };
  const initializers = model.graph.initializers.map(move);
  writeFileSync(join(folder, 'weights.bin'), Buffer.concat(chunks));
  return writeModel({ ...model, graph: { ...model.graph, initializers } });
}

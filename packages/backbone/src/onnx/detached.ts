/** A model beside its weights, which stay where they lie in memory, so that the runtime need not read a copy of them. */
import { type Model, readTensor, TENSOR, type Tensor, writeModel } from './model.ts';
import { blockPart, intPart, lastOf, readFields, stringPart, writeFields } from './protobuf.ts';

/** Smaller tensors stay within the model, where the runtime looks at their values while it opens the graph. */
const SMALL = 4096;
/** TensorProto.DataLocation */
const EXTERNAL = 1;

export interface Detached {
  readonly model: Uint8Array;
  /** What the model calls files, and their bytes. */
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
}

export function detached(model: Model): Detached {
  const files = new Map<ArrayBufferLike, { path: string; data: Uint8Array }>();
  const initializers = model.graph.initializers.map((tensor): Tensor => {
    if (tensor.external || tensor.bytes.length < SMALL) return tensor;
    const fields = readFields(tensor.bytes, 'ONNX tensor');
    const raw = lastOf(fields, TENSOR.rawData)?.payload;
    if (!raw || raw.length < SMALL) return tensor;
    const path = files.get(raw.buffer)?.path ?? `weights.${files.size}`;
    files.set(raw.buffer, { path, data: new Uint8Array(raw.buffer) });
    const entry = (key: string, value: string) =>
      blockPart(TENSOR.externalData, [stringPart(1, key), stringPart(2, value)]);
    return readTensor(
      writeFields([
        ...fields.filter(({ number }) => number !== TENSOR.rawData),
        entry('location', path),
        entry('offset', String(raw.byteOffset)),
        entry('length', String(raw.length)),
        intPart(TENSOR.dataLocation, EXTERNAL),
      ]),
    );
  });
  return { model: writeModel({ ...model, graph: { ...model.graph, initializers } }), files: [...files.values()] };
}

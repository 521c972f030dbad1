/** Weights that an ONNX file keeps in files beside it. */
import { open, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { makeTensor } from './make.ts';
import { readModel, TENSOR, type Tensor } from './model.ts';
import { readFields, stringOf } from './protobuf.ts';
import { bytesOf } from './values.ts';

/** An ONNX file, and where the files lie that it names. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  /** The folder that external data must lie in; without it a model with external data is refused. */
  readonly folder?: string;
}

/** What protobuf, and so a model that holds its weights, can take. */
const MAX_BYTES = 2 ** 31 - 1;
const STRING_ENTRY = { key: 1, value: 2 };

export async function readModelFile(path: string): Promise<ModelFile> {
  return { bytes: await readFile(path), folder: dirname(path) };
}

/** Where an external tensor's values lie. */
interface Place {
  path: string;
  offset: number;
  length: number;
}

/**
 * Checks that every external tensor lies in the model's folder, in a file that is long enough; reads nothing.
 *
 * @throws InvalidInputError if one does not
 */
export async function checkExternalData(tensors: readonly Tensor[], folder: string | undefined): Promise<void> {
  const sizes = new Map<string, number>();
  for (const tensor of tensors.filter(({ external }) => external)) {
    const { path, offset, length } = await placeOf(tensor, folder);
    const size = sizes.get(path) ?? (await sizeOf(path));
    sizes.set(path, size);
    if (offset + length > size) {
      throw new InvalidInputError(`external data of ${tensor.name}: ${size} bytes; expected ${offset + length}`);
    }
  }
}

/**
 * Reads the values of external tensors into them, and leaves other tensors as they are.
 *
 * @throws InvalidInputError if a file lies outside the model's folder, is missing or too short, or all are too large
 */
export async function withExternalData(tensors: readonly Tensor[], folder: string | undefined): Promise<Tensor[]> {
  const total = tensors.reduce(
    (sum, tensor) => sum + (tensor.external ? (bytesOf(tensor) ?? 0) : tensor.bytes.length),
    0,
  );
  if (!(total <= MAX_BYTES)) throw new InvalidInputError(`${total} bytes of weights; expected at most ${MAX_BYTES}`);
  const out: Tensor[] = [];
  for (const tensor of tensors) out.push(tensor.external ? await loaded(tensor, folder) : tensor);
  return out;
}

/**
 * Names of the files that weights lie in, as the model gives them: paths from its folder.
 *
 * @throws InvalidInputError if the bytes are not an ONNX model
 */
export function externalLocations(bytes: Uint8Array): string[] {
  const external = readModel(bytes).graph.initializers.filter((tensor) => tensor.external);
  return [...new Set(external.map((tensor) => entriesOf(tensor).get('location') ?? ''))];
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path);
  return found.isFile() ? found.size : 0;
}

/** What a tensor says of where its values are: location, offset, length. */
const entriesOf = (tensor: Tensor): Map<string, string> =>
  new Map(
    readFields(tensor.bytes, 'ONNX tensor')
      .filter(({ number }) => number === TENSOR.externalData)
      .map(({ payload }) => readFields(payload, 'external data'))
      .map((entry) => [text(entry, STRING_ENTRY.key), text(entry, STRING_ENTRY.value)]),
  );

async function placeOf(tensor: Tensor, folder: string | undefined): Promise<Place> {
  const entries = entriesOf(tensor);
  const size = bytesOf(tensor);
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? size);
  if (size === undefined || length !== size || !Number.isSafeInteger(offset) || offset < 0) {
    throw new InvalidInputError(
      `external data of ${tensor.name}: ${length} bytes from ${offset}; expected ${size} bytes for [${tensor.dims}]`,
    );
  }
  return { path: await within(folder, entries.get('location') ?? ''), offset, length };
}

async function loaded(tensor: Tensor, folder: string | undefined): Promise<Tensor> {
  const { path, offset, length } = await placeOf(tensor, folder);
  const file = await open(path);
  try {
    const raw = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(raw, done, length - done, offset + done);
      if (bytesRead === 0) {
        throw new InvalidInputError(`external data of ${tensor.name} ended; expected ${offset + length} bytes`);
      }
      done += bytesRead;
    }
    return makeTensor(tensor.name, tensor.dataType, tensor.dims, raw);
  } finally {
    await file.close();
  }
}

/** The file that an external location names, links followed. @throws InvalidInputError unless it lies in the folder */
async function within(folder: string | undefined, location: string): Promise<string> {
  const outside = () =>
    new InvalidInputError(`external data in ${JSON.stringify(location)}; expected a file in the model's folder`);
  if (folder === undefined || location === '' || location.includes('\0') || location.includes('\\')) throw outside();
  if (isAbsolute(location) || location.split('/').includes('..')) throw outside();
  const root = await realpath(folder);
  const path = await realpath(join(root, location)).catch(() => {
    throw new InvalidInputError(`no file ${JSON.stringify(location)}; expected external data in the model's folder`);
  });
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) throw outside();
  return path;
}

function text(fields: ReturnType<typeof readFields>, number: number): string {
  const field = fields.findLast((candidate) => candidate.number === number);
  return field ? stringOf(field) : '';
}

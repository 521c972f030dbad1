/** An ONNX file of this machine, with files beside it that hold its weights. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileName } from '@saltworks/contract/documents/backbones';
import { InvalidInputError } from '@saltworks/contract/errors';
import { externalLocations } from '../onnx/external.ts';
import { hashOf } from './hash.ts';

/** What the ONNX file is called among the files of a backbone that was added. */
export const MODEL = 'model.onnx';

export interface LocalFile {
  name: string;
  sha256: string;
  bytes: number;
  path: string;
}

/** The files of a model, the ONNX file first. @throws InvalidInputError if one is missing */
export async function localFiles(given: string): Promise<LocalFile[]> {
  const path = resolve(given);
  const bytes = await sizeOf(path);
  if (bytes === undefined) throw new InvalidInputError(`no file ${given}; expected an ONNX model`);
  const files = [{ name: MODEL, sha256: await hashOf(path), bytes, path }];
  for (const name of await weightsOf(path)) {
    const beside = join(dirname(path), name);
    const size = await sizeOf(beside);
    if (size === undefined) throw new InvalidInputError(`no file ${beside}; expected the weights of ${given}`);
    files.push({ name, sha256: await hashOf(beside), bytes: size, path: beside });
  }
  return files;
}

/** @throws InvalidInputError, with the path, if the bytes are no model */
function locationsIn(path: string, bytes: Uint8Array): string[] {
  try {
    return externalLocations(bytes);
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** Names of the files beside a model that hold its weights. @throws InvalidInputError unless they are plain names */
export async function weightsOf(path: string): Promise<string[]> {
  const names = locationsIn(path, await readFile(path));
  for (const name of names) {
    if (fileName.test(name) && name !== MODEL) continue;
    throw new InvalidInputError(
      `${path}: weights in ${JSON.stringify(name)}; expected a file in the model's folder, of letters, digits, '.', '_' and '-'`,
    );
  }
  return names;
}

/** Twelve digits that stand for all bytes of a model. */
export function markOf(files: readonly { sha256: string }[]): string {
  const hashes = files.map(({ sha256 }) => sha256);
  const all = hashes.length === 1 ? hashes[0] : createHash('sha256').update(hashes.join()).digest('hex');
  return all.slice(0, 12);
}

/** Size of a file in bytes; undefined if there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : undefined;
}

/** Backbones for commands: looked up, and downloaded with progress. */
import { type Fetching, pullBackbone } from '@saltworks/backbone/registry/pull';
import {
  BackboneMissingError,
  type BackboneSpec,
  KNOWN_BACKBONES,
  resolveBackbone,
} from '@saltworks/backbone/registry/registry';
import { InvalidInputError } from '@saltworks/contract/errors';
import { interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** A registered backbone, downloaded if missing, or a file. @throws InvalidInputError if the backbone does not exist */
export async function findBackbone(nameOrFile: string, fetching: Fetching, line: Progress): Promise<BackboneSpec> {
  try {
    return await resolveBackbone(nameOrFile, fetching);
  } catch (error) {
    if (!(error instanceof BackboneMissingError)) throw error;
    await pull(nameOrFile, fetching, line);
    return resolveBackbone(nameOrFile, fetching);
  }
}

/** A run's backbone: registered only, since other machines' workers cannot read a file of this one. @throws InvalidInputError */
export function namedBackbone(name: string): string {
  const names = KNOWN_BACKBONES.map((known) => known.name);
  if (names.includes(name)) return name;
  const file = name.endsWith('.onnx') ? '; a file is for "saltworks segment" alone' : '';
  throw new InvalidInputError(`backbone ${name}; expected one of ${names.join(', ')}${file}`);
}

/** Downloads a backbone with progress. @returns its path */
export async function pull(name: string, fetching: Fetching, line: Progress): Promise<string> {
  try {
    return await pullBackbone(name, {
      ...fetching,
      signal: interruption,
      onProgress: ({ stage, bytes }) =>
        line.show(`${name}: ${stage === 'verify' ? 'verifying' : `downloading, ${megabytes(bytes)}`}`),
    });
  } finally {
    line.clear();
  }
}

/** Backbones as commands use them: looked up, and fetched while a person watches. */
import { pullBackbone } from '@saltworks/backbone/pull';
import {
  BackboneMissingError,
  type BackboneSpec,
  KNOWN_BACKBONES,
  resolveBackbone,
} from '@saltworks/backbone/registry';
import { InvalidInputError } from '@saltworks/contract/errors';
import { interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** A known backbone, fetched if it is not here, or a file. @throws InvalidInputError if there is no such backbone */
export async function findBackbone(nameOrFile: string, home: string, line: Progress): Promise<BackboneSpec> {
  try {
    return await resolveBackbone(nameOrFile, { home });
  } catch (error) {
    if (!(error instanceof BackboneMissingError)) throw error;
    await pull(nameOrFile, home, line);
    return resolveBackbone(nameOrFile, { home });
  }
}

/** Of a run, whose workers may be anywhere: a file on this machine is none of theirs. @throws InvalidInputError */
export function namedBackbone(name: string): string {
  const names = KNOWN_BACKBONES.map((known) => known.name);
  if (names.includes(name)) return name;
  const file = name.endsWith('.onnx') ? '; a file is for "saltworks segment" alone' : '';
  throw new InvalidInputError(`backbone ${name}; expected one of ${names.join(', ')}${file}`);
}

/** Fetches a backbone while saying how far it is. @returns its path */
export async function pull(name: string, home: string, line: Progress): Promise<string> {
  try {
    return await pullBackbone(name, {
      home,
      signal: interruption,
      onProgress: ({ stage, bytes }) =>
        line.show(`${name}: ${stage === 'verify' ? 'verifying' : `downloading, ${megabytes(bytes)}`}`),
    });
  } finally {
    line.clear();
  }
}

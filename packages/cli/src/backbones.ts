/** Backbones as commands use them: looked up, and fetched while a person watches. */
import { pullBackbone } from '@saltworks/backbone/pull';
import { BackboneMissingError, type BackboneSpec, resolveBackbone } from '@saltworks/backbone/registry';
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

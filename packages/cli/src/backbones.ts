/** Backbones for commands: looked up, and downloaded with progress. */
import type { PullProgress } from '@saltworks/backbone/registry/download';
import type { BackboneEntry, BackboneSpec } from '@saltworks/backbone/registry/entries';
import { KNOWN_BACKBONES } from '@saltworks/backbone/registry/known';
import { type PullOptions, pullBackbone } from '@saltworks/backbone/registry/pull';
import { BackboneMissingError, resolveBackbone } from '@saltworks/backbone/registry/registry';
import { InvalidInputError } from '@saltworks/contract/errors';
import { fetchingOf } from './fetching.ts';
import { interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** A backbone by name, downloaded if missing, or a file. @throws InvalidInputError if the backbone does not exist */
export async function findBackbone(nameOrFile: string, settings: Settings, line: Progress): Promise<BackboneSpec> {
  const fetching = fetchingOf(settings);
  try {
    return await resolveBackbone(nameOrFile, fetching);
  } catch (error) {
    if (!(error instanceof BackboneMissingError)) throw error;
    await pull(
      nameOrFile,
      { ...fetching, onLicence: (entry) => console.error(`saltworks: ${licenceOf(entry)}`) },
      line,
    );
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
export async function pull(name: string, options: PullOptions, line: Progress): Promise<string> {
  try {
    return await pullBackbone(name, { ...options, signal: interruption, onProgress: showing(name, line) });
  } finally {
    line.clear();
  }
}

/** Shows how far a download is. */
export const showing =
  (name: string, line: Progress) =>
  ({ stage, bytes, total }: PullProgress) =>
    line.show(`${name}: ${stage === 'verify' ? 'verifying' : `downloading, ${progressOf(bytes, total)}`}`);

const progressOf = (bytes: number, total: number | undefined) =>
  total === undefined ? megabytes(bytes) : `${megabytes(bytes)} of ${megabytes(total)}`;

/** An entry's licence, in one line. */
export const licenceOf = ({ name, licence, terms }: BackboneEntry): string =>
  `${name}: licence: ${licence}${terms === undefined ? '' : ` (${terms})`}`;

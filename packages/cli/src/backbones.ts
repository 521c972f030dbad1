/** Backbones for commands: looked up, and downloaded with progress. */
import { shareBackbone } from '@saltworks/backbone/registry/add';
import { homeShelf } from '@saltworks/backbone/registry/added';
import type { PullProgress } from '@saltworks/backbone/registry/download';
import type { BackboneEntry, BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type PullOptions, pullBackbone } from '@saltworks/backbone/registry/pull';
import { BackboneMissingError, resolveBackbone } from '@saltworks/backbone/registry/registry';
import { addedName } from '@saltworks/contract/documents/backbones';
import type { ExtractSettings } from '@saltworks/contract/options';
import { settleKeys } from '@saltworks/orchestrator/runs/settle';
import { openBackbones } from '@saltworks/worker/backbones';
import { fetchingOf } from './fetching.ts';
import { interruption } from './interrupt.ts';
import type { KeysFlags } from './options.ts';
import type { Progress } from './progress.ts';
import { readSettings, type Settings } from './settings.ts';

export const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`;

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

/** The keys that flags ask for. @throws InvalidInputError if there is no such backbone, or it has no such layer */
export async function chosenKeys(flags: KeysFlags): Promise<ExtractSettings> {
  const fetching = fetchingOf(readSettings());
  const name = await sharedName(flags.backbone, fetching);
  return settleKeys(await openBackbones(fetching).find(name), flags);
}

/** A name that workers on other machines know, too: a file, or an entry of this home, is put into the store first. */
export async function sharedName(
  nameOrFile: string,
  fetching: ReturnType<typeof fetchingOf> = fetchingOf(readSettings()),
): Promise<string> {
  const { home } = fetching;
  const isAdded = addedName.test(nameOrFile) && (await homeShelf(home).read(nameOrFile)) !== undefined;
  const isHere = isAdded || nameOrFile.endsWith('.onnx');
  return isHere ? shareBackbone(nameOrFile, fetching) : nameOrFile;
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

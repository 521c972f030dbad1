/** Keys of images, by an open backbone: a session for each layer and facet, opened when first asked for. */
import type { Precision } from '@saltworks/backbone/precision/precision';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type Fetching, pullBackbone } from '@saltworks/backbone/registry/pull';
import { findEntry, resolveBackbone } from '@saltworks/backbone/registry/registry';
import type { Device } from '@saltworks/backbone/session/device';
import { type KeySession, openSession, sizeNotice } from '@saltworks/backbone/session/session';
import type { ExtractSettings } from '@saltworks/contract/options';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { inSpan } from '@saltworks/telemetry/spans';
import { WorkerFaultError } from './attempt.ts';
import { keepLastUsed } from './last-used.ts';

export interface KeysSource {
  /** The layer that keys come from. */
  layer: number;
  /** Of the backbone's file, hex. */
  sha256: string;
  /** Images that go through one inference, if so many are asked for at once. */
  batch: number;
  /** Where inference runs, and in which numbers. */
  device?: string;
  precision?: string;
  extract(image: RgbImage, signal: AbortSignal): Promise<Keys>;
}

export interface KeysSources {
  /** @throws InvalidInputError if there is no such backbone or layer; WorkerFaultError if this worker cannot get it */
  open(settings: ExtractSettings): Promise<KeysSource>;
  close(): Promise<void>;
}

/** Also tells what a backbone is. */
export interface Backbones extends KeysSources {
  /** Fetched if it is not here. @throws the same */
  specOf(backbone: string): Promise<BackboneSpec>;
}

interface Opened {
  session: KeySession;
  sha256: string;
  close(): Promise<void>;
}

/** A session holds its network's weights: of a dataset with many sets of keys, not all stay in memory. */
const mostIdle = 2;

export interface Inference {
  /** Of one inference, default all cores. */
  threads?: number;
  /** Default: CUDA where there is one, else the CPU. */
  device?: Device;
  /** Default: half on a GPU, else the file's own. */
  precision?: Precision | 'auto';
  /** Images in one inference; default 1 on the CPU, 8 on CUDA. */
  batch?: number;
  /** Called with what people should know of a backbone, once it is open. */
  onNotice?: (line: string) => void;
}

/** @param fetching where backbones are kept, and how a missing one is fetched */
export function keysSources(fetching: Fetching, inference: Inference = {}): Backbones {
  const sessions = keepLastUsed<Opened>(mostIdle);
  // Settings of one backbone that are opened together fetch it once.
  const fetches = new Map<string, Promise<BackboneSpec>>();
  const specOf = (backbone: string) => {
    const under = fetches.get(backbone) ?? spec(backbone, fetching).finally(() => fetches.delete(backbone));
    fetches.set(backbone, under);
    return under;
  };
  const using = <Result>(settings: ExtractSettings, work: (opened: Opened) => Result | Promise<Result>) => {
    const { backbone, layer, facet } = settings;
    // Size and codec are matters of an image and of its file.
    const name = JSON.stringify({ backbone, layer, facet });
    return sessions.use(name, () => open(settings, specOf, inference), work);
  };
  return {
    open: (settings) =>
      using(settings, ({ session: { facts }, sha256 }) => ({
        layer: facts.layer,
        sha256,
        batch: facts.batch,
        device: facts.device,
        precision: facts.inference,
        extract: (image, signal) =>
          inSpan('keys in thread', {}, () =>
            using(settings, ({ session }) => session.extract(image, { longSide: settings.longSide, signal })),
          ),
      })),
    specOf,
    close: () => sessions.close(),
  };
}

async function open(
  { backbone, layer, facet }: ExtractSettings,
  specOf: (backbone: string) => Promise<BackboneSpec>,
  { threads, device = 'auto', precision, batch, onNotice }: Inference,
): Promise<Opened> {
  const found = await specOf(backbone);
  const session = await openSession(found, { layer, facet, threads, device, precision, batch });
  const notice = sizeNotice(session.facts);
  if (notice) onNotice?.(`${backbone} ${notice}`);
  return { session, sha256: found.sha256, close: () => session.close() };
}

async function spec(backbone: string, fetching: Fetching): Promise<BackboneSpec> {
  // A name from outside never becomes a path on this machine.
  await findEntry(backbone, fetching);
  try {
    // Verifies the file that is there, fetches one that is not.
    await pullBackbone(backbone, fetching);
    return await resolveBackbone(backbone, fetching);
  } catch (error) {
    throw new WorkerFaultError(`backbone ${backbone}: ${(error as Error).message}`);
  }
}

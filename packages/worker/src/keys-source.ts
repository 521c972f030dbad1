/** Keys of images, by an open backbone: one session a setting, opened when first asked for. */
import { type Fetching, pullBackbone } from '@saltworks/backbone/registry/pull';
import { findEntry, resolveBackbone } from '@saltworks/backbone/registry/registry';
import { type KeySession, openSession } from '@saltworks/backbone/session/session';
import type { Device } from '@saltworks/backbone/session/session.worker';
import type { ExtractSettings } from '@saltworks/contract/options';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Keys } from '@saltworks/core/keys/keys';
import { WorkerFaultError } from './attempt.ts';

export interface KeysSource {
  /** The layer that keys come from. */
  layer: number;
  /** Of the backbone's file, hex. */
  sha256: string;
  /** Images that go through one inference, if so many are asked for at once. */
  batch: number;
  extract(image: RgbImage, signal: AbortSignal): Promise<Keys>;
}

export interface KeysSources {
  /** @throws InvalidInputError if there is no such backbone or layer; WorkerFaultError if this worker cannot get it */
  open(settings: ExtractSettings): Promise<KeysSource>;
  close(): Promise<void>;
}

interface Opened {
  session: KeySession;
  sha256: string;
}

export interface Inference {
  /** Of one inference, default all cores. */
  threads?: number;
  /** Default: CUDA where there is one, else the CPU. */
  device?: Device;
  /** Images in one inference; default 1 on the CPU, 8 on CUDA. */
  batch?: number;
}

/** @param fetching where backbones are kept, and how a missing one is fetched */
export function keysSources(fetching: Fetching, inference: Inference = {}): KeysSources {
  const sessions = new Map<string, Promise<Opened>>();
  return {
    async open(settings) {
      const { backbone, layer, facet } = settings;
      // Size and codec are matters of an image and of its file.
      const name = JSON.stringify({ backbone, layer, facet });
      let opening = sessions.get(name);
      if (!opening) {
        opening = open(settings, fetching, inference);
        sessions.set(name, opening);
        // A session that failed to open is tried anew next time.
        opening.catch(() => sessions.delete(name));
      }
      const { session, sha256 } = await opening;
      return {
        layer: session.facts.layer,
        sha256,
        batch: session.facts.batch,
        extract: (image, signal) => session.extract(image, { longSide: settings.longSide, signal }),
      };
    },
    async close() {
      for (const opening of sessions.values()) await (await opening.catch(() => undefined))?.session.close();
    },
  };
}

async function open(
  { backbone, layer, facet }: ExtractSettings,
  fetching: Fetching,
  { threads, device = 'auto', batch }: Inference,
): Promise<Opened> {
  const found = await spec(backbone, fetching);
  return { session: await openSession(found, { layer, facet, threads, device, batch }), sha256: found.sha256 };
}

async function spec(backbone: string, fetching: Fetching) {
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

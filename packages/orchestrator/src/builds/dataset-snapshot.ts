/** The scribbles of a dataset's images, and the masks that are shown of them. */
import type { SnapshotImage } from '@saltworks/contract/documents/builds';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { maskReport } from '@saltworks/contract/documents/reports';
import {
  buildOf,
  campaignOf,
  maskReportKey,
  maskSetPrefix,
  parseScribblesKey,
  prelabelOf,
  reportsPrefix,
  scribblesPrefix,
} from '@saltworks/contract/layout';
import { keepStrokes } from '@saltworks/store/builds/strokes';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Origins, SettingsList } from './mask-origins.ts';
import type { ShownLine } from './shown-lines.ts';

/** Scribbles read side by side. */
const atOnce = 16;

/** The mask set that a run made last from strokes; undefined where none was made. */
export async function newestMasks(store: ObjectStore, dataset: string): Promise<string | undefined> {
  let newest: { recipe: string; modified: Date } | undefined;
  for await (const recipe of folderNames(store, reportsPrefix(dataset, 'masks'))) {
    if ([campaignOf, buildOf, prelabelOf].some((of) => of(recipe) !== undefined)) continue;
    for await (const { modified } of store.list(maskSetPrefix(dataset, recipe))) {
      if (!newest || modified > newest.modified) newest = { recipe, modified };
    }
  }
  return newest?.recipe;
}

interface Given {
  dataset: string;
  shard: number;
  /** Names the mask set that counts where the current build has no mask of an image's scribbles. */
  recipe: string | undefined;
  /** The lines of the current build whose masks are made, by image. */
  current: ReadonlyMap<string, ShownLine>;
  origins: Origins;
  settings: SettingsList;
}

/** A shard's images that have scribbles, in the order of their ids. */
export async function datasetImages(
  store: ObjectStore,
  images: readonly NamedImage[],
  { dataset, shard, recipe, current, origins, settings }: Given,
): Promise<SnapshotImage[]> {
  const bySha = new Map(images.map((image) => [image.sha256, image]));
  const report =
    recipe === undefined ? undefined : await readDocument(store, maskReportKey(dataset, recipe, shard), maskReport);
  const masks = new Map(report?.masks.map(({ sha256, mask }) => [sha256, mask]));
  const found = new Map<string, SnapshotImage>();
  const keep = async ({ key }: { key: string }) => {
    const { sha256, extension } = parseScribblesKey(key);
    const image = bySha.get(sha256);
    if (!image) return undefined;
    return { image, drawing: { strokes: await keepStrokes(store, await store.get(key), extension), extension } };
  };
  for await (const one of inOrder(store.list(scribblesPrefix(dataset, shard)), atOnce, keep)) {
    if (!one) continue;
    const { id, sha256, name, object } = one.image;
    const drawings = [one.drawing];
    const now: SnapshotImage = { id, sha256, name, object, drawings };
    const line = current.get(sha256);
    const mask = masks.get(sha256);
    if (line?.drawings[0]?.strokes === one.drawing.strokes) {
      found.set(sha256, { ...now, shown: { mask: line.mask, drawings: line.drawings, settings: line.settings } });
      continue;
    }
    const origin = mask === undefined ? undefined : await origins.of({ sha256, mask, drawings });
    if (mask === undefined || !origin) {
      found.set(sha256, now);
      continue;
    }
    const place = origin.settings && settings.place(origin.settings);
    found.set(sha256, { ...now, shown: { mask, drawings: origin.proven ? drawings : [], settings: place } });
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

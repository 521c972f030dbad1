/** The masks of a shard as its images are called by now. */
import { type MaskReport, maskReport } from '@saltworks/contract/documents/reports';
import { maskReportKey } from '@saltworks/contract/layout';
import { drawnNames, readShard } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';

/**
 * A run's report of a shard, its masks under the names that their images were drawn on by now: files of the same bytes share a
 * mask, a former version has none. Undefined where there was no run.
 */
export async function readMasks(
  store: ObjectStore,
  { dataset, recipe, shard }: { dataset: string; recipe: string; shard: number },
  { chosen, ...options }: CallOptions & { chosen?: ReadonlySet<number> } = {},
): Promise<MaskReport | undefined> {
  const report = await readDocument(store, maskReportKey(dataset, recipe, shard), maskReport, options);
  if (!report || report.masks.length === 0) return report;
  const images = new Map((await readShard(store, dataset, shard, options)).map((image) => [image.sha256, image]));
  const isChosen = (sha256: string) => chosen === undefined || chosen.has(images.get(sha256)?.id ?? 0);
  const masks = report.masks
    .filter(({ sha256 }) => isChosen(sha256))
    .flatMap(({ sha256, mask }) =>
      drawnNames(images.get(sha256) ?? { names: [] }).map(({ id, name }) => ({ id, sha256, name, mask })),
    );
  return { ...report, masks };
}

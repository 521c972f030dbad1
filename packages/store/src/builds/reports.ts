/** The masks of a build as reports, shard by shard: exports, lists and routes read them as those of any mask set. */
import type { Category } from '@saltworks/contract/categories';
import { type Build, type BuildImage, type BuildReport, buildReport } from '@saltworks/contract/documents/builds';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { buildRecipe, maskKey, maskReportKey } from '@saltworks/contract/layout';
import { addCategories } from '@saltworks/core/mask/mask';
import { inOrder } from '../in-order.ts';
import { sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';

/** Masks read side by side. */
const atOnce = 16;

const keyOf = ({ subject, id, dataset }: Pick<Build, 'subject' | 'id' | 'dataset'>, shard: number) =>
  maskReportKey(dataset, buildRecipe(subject, id), shard);

/** Undefined while the shard's masks are not made. */
export const readBuildReport = (
  store: ObjectStore,
  build: Pick<Build, 'subject' | 'id' | 'dataset'>,
  shard: number,
  options?: CallOptions,
): Promise<BuildReport | undefined> => readDocument(store, keyOf(build, shard), buildReport, options);

export const putBuildReport = (
  store: ObjectStore,
  build: Pick<Build, 'subject' | 'id' | 'dataset'>,
  shard: number,
  report: BuildReport,
  options?: CallOptions,
): Promise<void> => store.put(keyOf(build, shard), JSON.stringify(report), options);

/**
 * The report of lines whose masks are made.
 *
 * @param known hashes of PNGs that were read before, by mask
 * @param failures images that have no mask, and why
 * @throws ObjectMissingError if a mask is not there
 */
export async function reportOf(
  store: ObjectStore,
  lines: readonly BuildImage[],
  {
    known = new Map(),
    failures = [],
    ...options
  }: CallOptions & { known?: ReadonlyMap<string, string>; failures?: BuildReport['failures'] } = {},
): Promise<BuildReport> {
  const report: BuildReport = {
    version: 1,
    images: lines.length + failures.length,
    failures: [...failures],
    categories: [],
    masks: [],
  };
  const read = async ({ mask }: BuildImage): Promise<{ categories: Category[]; content: string }> => {
    const document = await readDocument(store, maskKey(mask, '.json'), maskDocument, options);
    if (!document) throw new ObjectMissingError(maskKey(mask, '.json'));
    const content = known.get(mask) ?? sha256Of(await store.get(maskKey(mask, '.png'), options));
    return { categories: document.categories, content };
  };
  let next = 0;
  for await (const { categories, content } of inOrder(lines, atOnce, read)) {
    const { id, sha256, name, mask } = lines[next++];
    addCategories(report.categories, categories);
    report.masks.push({ id, sha256, name, mask, content });
  }
  return report;
}

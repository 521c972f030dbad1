/** Lines of the build that is shown, of those of its masks that are made. */
import type { Build, BuildImage } from '@saltworks/contract/documents/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { readBuildReport } from '@saltworks/store/builds/reports';
import type { ObjectStore } from '@saltworks/store/objects/store';

/** @property content sha256 of the mask's PNG */
export type ShownLine = BuildImage & { content: string };

/** By image. @param build undefined: nothing is shown */
export async function shownLines(
  store: ObjectStore,
  build: Build | undefined,
  shard: number,
): Promise<Map<string, ShownLine>> {
  const sha256 = build?.lines[shard];
  if (!build || !sha256) return new Map();
  const report = await readBuildReport(store, build, shard);
  const contents = new Map(report?.masks.map(({ mask, content }) => [mask, content]));
  const lines = await readBuildLines(store, sha256);
  return new Map(
    lines.flatMap((line) => {
      const content = contents.get(line.mask);
      return content === undefined ? [] : [[line.sha256, { ...line, content }] as const];
    }),
  );
}

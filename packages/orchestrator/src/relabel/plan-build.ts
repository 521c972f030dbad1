/** The content of a new build, from a snapshot: the strokes of every image with new settings, and the masks that stay. */
import type { Build, BuildImage, BuildSettings, Snapshot, SnapshotImage } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { KeepPolicy } from '@saltworks/contract/messages/relabel';
import { writeBuild } from '@saltworks/store/builds/builds';
import { readSnapshotLines } from '@saltworks/store/builds/lines';
import { maskId, maskOf } from '@saltworks/store/builds/mask-names';
import { canonical } from '@saltworks/store/objects/canonical';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';

/**
 * Writes the build that a snapshot and new settings give: the same one whenever it is planned, before any mask is made.
 *
 * @throws InvalidInputError if no image has strokes
 */
export async function planBuild(
  store: ObjectStore,
  snapshot: Snapshot,
  { settings, keep }: { settings: BuildSettings; keep: KeepPolicy },
  options?: CallOptions,
): Promise<Build> {
  const { subject, dataset, lines } = snapshot;
  const shards = async function* <T>(each: (image: SnapshotImage) => T): AsyncGenerator<T[]> {
    for (const sha256 of lines) yield (await readSnapshotLines(store, sha256, options)).map(each);
  };
  // Settings count from the new ones; of earlier ones only those of masks that stay are told.
  const numbers = new Map<number, number>();
  const all = [settings];
  for await (const kept of shards((image) => staysOf(image, keep)?.settings ?? null)) {
    for (const number of kept) {
      if (number === null || numbers.has(number)) continue;
      const earlier = snapshot.settings[number];
      const known = all.findIndex((each) => canonical(each) === canonical(earlier));
      numbers.set(number, known >= 0 ? known : all.push(earlier) - 1);
    }
  }
  const numberOf = (number: number | null) => (number === null ? null : (numbers.get(number) ?? null));
  const planned = async function* () {
    for await (const images of shards((image) => lineOf(image, { settings, keep, numberOf }))) {
      yield images.filter((line) => line !== undefined);
    }
  };
  const build = await writeBuild(store, { subject, dataset, settings: all }, planned(), options);
  if (build.images > 0) return build;
  throw new InvalidInputError(`${subject.kind} ${subject.name} has no strokes; expected some to make masks from`);
}

type Shown = NonNullable<SnapshotImage['shown']>;

/** The mask of before where it stays: a person accepted it, or nobody knows its strokes. */
function staysOf({ drawings, shown }: SnapshotImage, keep: KeepPolicy): Shown | undefined {
  return (shown?.accepted && keep === 'accepted') || drawings.length === 0 ? shown : undefined;
}

interface Planning {
  settings: BuildSettings;
  keep: KeepPolicy;
  /** The new number of earlier settings. */
  numberOf(number: number | null): number | null;
}

function lineOf(image: SnapshotImage, { settings, keep, numberOf }: Planning): BuildImage | undefined {
  const { id, sha256, name, object } = image;
  const own = { id, sha256, name, object };
  const stays = staysOf(image, keep);
  if (stays) {
    const { mask, drawings, consensus } = stays;
    const offered = maskOf({ sha256, drawings, consensus }, settings);
    return {
      ...{ ...own, mask, drawings, ...(consensus && { consensus }), settings: numberOf(stays.settings) },
      ...(stays.accepted && { kept: 'accepted' }),
      ...(stays.accepted && offered !== undefined && offered !== mask && { offered }),
    };
  }
  const { drawings, consensus } = image;
  const mask = maskOf({ sha256, drawings, consensus }, settings);
  if (mask === undefined) return undefined;
  const { recipe } = settings;
  const alone = drawings.map((drawing) => ({ ...drawing, mask: maskId(sha256, drawing.strokes, recipe) }));
  return { ...own, mask, drawings: consensus ? alone : drawings, ...(consensus && { consensus }), settings: 0 };
}

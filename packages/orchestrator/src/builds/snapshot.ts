/** The strokes of every image at one moment and the masks that are shown of them; what is shown, as a build. */
import type { Build, BuildImage, BuildSettings, SnapshotImage, Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { AnswerOf } from '@saltworks/contract/messages/definitions';
import type { relabelActivities } from '@saltworks/contract/messages/relabel';
import { readBuild, writeBuild, writeSnapshot } from '@saltworks/store/builds/builds';
import { readBuildLines, readSnapshotLines } from '@saltworks/store/builds/lines';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { findCampaign } from '../campaigns/campaigns.ts';
import { numberCategories } from '../campaigns/publish.ts';
import { ConflictError } from '../errors.ts';
import { campaignImages } from './campaign-snapshot.ts';
import { shownBuild } from './current.ts';
import { datasetImages, newestMasks } from './dataset-snapshot.ts';
import { openOrigins, SettingsList } from './mask-origins.ts';
import { type PromoteDeps, promoteBuild } from './promote.ts';
import { recordBuild } from './record.ts';
import { buildSettingsOf, settingsOf } from './settings.ts';
import { shownLines } from './shown-lines.ts';

interface Pulse {
  signal?: AbortSignal;
  /** Called after every shard. */
  beat?(): void;
}

/** Other promotions that one snapshot may meet: each makes it look again. */
const most = 3;

type Taken = AnswerOf<(typeof relabelActivities)['takeSnapshot']>;

/**
 * Takes a snapshot. What is shown is a build from then on: the current one, or where strokes are newer than it a new one, which
 * becomes current, since it shows what is shown already.
 *
 * @param by who asks for it; null for the program itself
 * @returns the name of the snapshot; the build that is shown, null where no mask was made
 */
export async function takeSnapshot(
  deps: PromoteDeps,
  asked: { subject: Subject; by: string | null },
  pulse: Pulse = {},
): Promise<Taken> {
  for (let times = 1; ; times++) {
    try {
      return await takeOnce(deps, asked, pulse);
    } catch (error) {
      if (!(error instanceof ConflictError) || times === most) throw error;
    }
  }
}

async function takeOnce(
  deps: PromoteDeps,
  { subject, by }: { subject: Subject; by: string | null },
  { signal, beat = () => {} }: Pulse,
): Promise<Taken> {
  const { db, store } = deps;
  const shown = await shownBuild(db, subject);
  const current = shown && (await readBuild(store, subject, shown.build));
  const campaign = subject.kind === 'campaign' ? await findCampaign(db, subject.name) : undefined;
  const { name: dataset, shards, categories } = await readDataset(store, campaign?.dataset ?? subject.name);
  const first = campaign && (await buildSettingsOf(deps, settingsOf(campaign)));
  const settings = new SettingsList(startOf(first, current?.settings ?? []));
  const places = current?.settings.map((each) => settings.place(each)) ?? [];
  const origins = openOrigins(store);
  const recipe = campaign ? undefined : await newestMasks(store, dataset);

  async function* images(): AsyncGenerator<SnapshotImage[]> {
    for (let shard = 0; shard < shards; shard++) {
      signal?.throwIfAborted();
      const lines = await shownLines(store, current, shard);
      for (const line of lines.values()) if (line.settings !== null) line.settings = places[line.settings];
      const given = { current: lines, origins, settings };
      const named = await readShard(store, dataset, shard);
      yield campaign
        ? await campaignImages(deps, campaign, named, given)
        : await datasetImages(store, named, { ...given, dataset, shard, recipe });
      beat();
    }
  }
  // Settings are met on the way: the list is whole once the last shard is through.
  const { name, snapshot } = await writeSnapshot(store, { subject, dataset, settings: settings.all }, images());

  async function* built(): AsyncGenerator<BuildImage[]> {
    for (const [shard, sha256] of snapshot.lines.entries()) {
      signal?.throwIfAborted();
      const lines = await shownLines(store, current, shard);
      yield (await readSnapshotLines(store, sha256)).flatMap(({ shown, drawings: _, consensus: __, ...image }) => {
        if (!shown) return [];
        const { accepted: ___, ...made } = shown;
        const line = lines.get(image.sha256);
        const { kept, offered } = line?.mask === made.mask ? line : {};
        return [{ ...image, ...made, ...(kept && { kept }), ...(offered && { offered }) }];
      });
      beat();
    }
  }
  const build = await writeBuild(store, { subject, dataset, settings: settings.all }, built());
  const answer = { snapshot: name, dataset, images: snapshot.images, shards };
  if (build.id === current?.id) return { ...answer, shown: build.id };
  if (build.images === 0) return { ...answer, shown: null };
  // Exports of builds count on the campaign's order; they refuse categories that cannot be numbered.
  if (campaign) await numberCategories(store, campaign, categories).catch(unlessInvalid);
  await reportMasks(store, build, current, { beat, signal });
  await recordBuild(db, build, { base: current?.id ?? null, why: 'drawn', by, state: 'made' });
  await promoteBuild(deps, subject, build.id, { by, from: current?.id ?? null, folded: true });
  return { ...answer, shown: build.id };
}

/** The campaign's settings come first; as long as these are the current build's, its list stays as it is. */
function startOf(first: BuildSettings | undefined, known: BuildSettings[]): BuildSettings[] {
  return !first || first.recipe === known[0]?.recipe ? known : [first];
}

/** Writes the reports of a build whose masks are all made. @param current its report says what is in masks that both have */
async function reportMasks(
  store: ObjectStore,
  build: Build,
  current: Build | undefined,
  { beat, signal }: Pulse,
): Promise<void> {
  for (const [shard, sha256] of build.lines.entries()) {
    if (sha256 === null) continue;
    const before = await shownLines(store, current, shard);
    const known = new Map([...before.values()].map(({ mask, content }) => [mask, content]));
    const report = await reportOf(store, await readBuildLines(store, sha256), { known, signal });
    await putBuildReport(store, build, shard, report, { signal });
    beat?.();
  }
}

function unlessInvalid(error: unknown): void {
  if (!(error instanceof InvalidInputError)) throw error;
}

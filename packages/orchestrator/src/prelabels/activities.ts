/** What the server does for pre-labels: it alone knows what a campaign's annotators handed in. */
import type { SnapshotImage, Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId } from '@saltworks/contract/layout';
import type { PrelabelExtent, PrelabelRequest, PrelabelServerActivities } from '@saltworks/contract/messages/prelabel';
import { learnerDefaults } from '@saltworks/core/corpus/predict';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { countKeys } from '@saltworks/store/datasets/key-sets';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { writePlan } from '@saltworks/store/prelabels/prelabels';
import type { Kysely } from 'kysely';
import { campaignImages } from '../builds/campaign-snapshot.ts';
import { datasetImages } from '../builds/dataset-snapshot.ts';
import { openOrigins, SettingsList } from '../builds/mask-origins.ts';
import { buildSettingsOf, type RecipeOf } from '../builds/settings.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import type { Schema } from '../db/schema.ts';
import { withBeats } from '../temporal/beats.ts';

export interface PrelabelDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  recipeOf: RecipeOf;
}

export const prelabelActivitiesOf = (deps: PrelabelDeps): PrelabelServerActivities => ({
  planPrelabels: (request) => withBeats(({ signal }) => planPrelabels(deps, request, { signal })),
});

/**
 * Settles whose strokes teach, by their content: the same strokes with the same settings are the same plan.
 *
 * @throws InvalidInputError if nothing was drawn, there are no keys, or the campaign is of another dataset
 */
export async function planPrelabels(
  deps: PrelabelDeps,
  { dataset, subject, extract, preset, solve }: PrelabelRequest,
  { signal }: { signal?: AbortSignal } = {},
): Promise<PrelabelExtent> {
  const { store } = deps;
  const { images, shards } = await readDataset(store, dataset, { signal });
  const keys = keysId(extract.backbone, extract);
  if ((await countKeys(store, dataset, keys, { signal })).images === 0) {
    throw new InvalidInputError(`no keys ${keys} of ${dataset}; expected some (saltworks extract ${dataset})`);
  }
  const settings = await buildSettingsOf(deps, { extract, preset, solve });
  const drawn = drawnImages(deps, { dataset, shards }, subject, signal);
  const plan = await writePlan(store, { dataset, subject, settings, learner: learnerDefaults }, drawn, { signal });
  if (plan.images === 0) {
    throw new InvalidInputError(
      subject.kind === 'campaign'
        ? `no image of campaign ${subject.name} was handed in; expected at least one`
        : `no image of ${dataset} has strokes; expected some (saltworks dataset import … --scribbles DIR), or --from CAMPAIGN`,
    );
  }
  return { plan: plan.id, labelled: plan.images, parts: plan.taught.length, images, shards };
}

/** Images with strokes, shard by shard, without what is shown of them. */
async function* drawnImages(
  deps: PrelabelDeps,
  { dataset, shards }: { dataset: string; shards: number },
  subject: Subject,
  signal: AbortSignal | undefined,
): AsyncGenerator<SnapshotImage[]> {
  const { db, store } = deps;
  const campaign = subject.kind === 'campaign' ? await findCampaign(db, subject.name) : undefined;
  if (campaign && campaign.dataset !== dataset) {
    throw new InvalidInputError(`campaign ${campaign.id} is of ${campaign.dataset}; expected one of ${dataset}`);
  }
  const given = { current: new Map(), origins: openOrigins(store), settings: new SettingsList([]) };
  for (let shard = 0; shard < shards; shard++) {
    signal?.throwIfAborted();
    const named = await readShard(store, dataset, shard, { signal });
    const images = campaign
      ? await campaignImages(deps, campaign, named, given)
      : await datasetImages(store, named, { ...given, dataset, shard, recipe: undefined });
    // A consensus is a mask of several people's strokes; here each one's teach.
    yield images.map(({ shown: _, consensus: __, drawings, ...image }) => ({
      ...image,
      drawings: drawings.map(({ strokes, extension, by }) => ({ strokes, extension, ...(by !== undefined && { by }) })),
    }));
  }
}

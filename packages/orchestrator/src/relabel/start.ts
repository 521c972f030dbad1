/** Re-labellings: what is asked for settled, then started or joined. */
import type { NewRelabel } from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultPreset } from '@saltworks/contract/kinds';
import { keysId, scribblesPrefix } from '@saltworks/contract/layout';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import type { ResultOf } from '@saltworks/contract/messages/definitions';
import type { Asking } from '@saltworks/contract/messages/relabel';
import type { relabel } from '@saltworks/contract/messages/runs';
import type { ExtractSettings } from '@saltworks/contract/options';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { expectStorage } from '@saltworks/store/storage/level';
import type { Kysely } from 'kysely';
import type { Deps } from '../api/routes.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { solveWith } from '../campaigns/corpus.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { expectDatasetInUse } from '../datasets/shelf.ts';
import type { Schema } from '../db/schema.ts';
import { settleKeys } from '../runs/settle.ts';
import { type Run, relabelSubject, runWindow } from '../runs/start.ts';

export type RelabelStartDeps = Pick<Deps, 'db' | 'store' | 'client' | 'backbones' | 'recipeOf'>;

/**
 * Starts a re-labelling with the settings that a request leaves open, or joins the one that asks for the same.
 *
 * @throws NotFoundError if there is no such campaign, dataset, backbone or layer, InvalidInputError if nothing is drawn,
 *   ConflictError while another one is under way, StorageFullError while the store has no room for one
 */
export async function startRelabel(
  deps: RelabelStartDeps,
  subject: Subject,
  asked: NewRelabel,
  { by, schedule, why }: Omit<Asking, 'why'> & Partial<Pick<Asking, 'why'>>,
): Promise<Run<ResultOf<typeof relabel>>> {
  const { backbone, promote = 'auto', keep = 'accepted', thresholds } = asked;
  const extract = settleKeys(await deps.backbones.find(backbone), asked);
  const { dataset, preset, solve } = await settingsOf(deps, subject, { extract, preset: asked.preset });
  await expectDatasetInUse(deps.store, dataset);
  // Refuses settings that no mask can be made with before a run starts.
  await deps.recipeOf({ extract, preset, solve });
  await expectStrokes(deps, subject, dataset);
  await expectStorage(deps.store);
  const told = why ?? `re-labelled with ${keysId(extract.backbone, extract)}, ${preset}`;
  return relabelSubject(deps.client, {
    ...{ dataset, subject, window: runWindow, extract, preset, solve, promote, keep },
    ...(thresholds && { thresholds }),
    ...{ by, why: told },
    ...(schedule !== undefined && { schedule }),
  });
}

/** The dataset, and how masks are made of keys: a campaign's own way, unless another preset is asked for. */
async function settingsOf(
  { db, store }: Pick<RelabelStartDeps, 'db' | 'store'>,
  { kind, name }: Subject,
  { extract, preset }: { extract: ExtractSettings; preset: MaskSettings['preset'] | undefined },
): Promise<{ dataset: string } & Omit<MaskSettings, 'extract'>> {
  if (kind === 'dataset') {
    return { dataset: (await datasetOf(store, name)).name, preset: preset ?? defaultPreset, solve: {} };
  }
  const campaign = await findCampaign(db, name);
  const { strokes } = campaign.solve;
  const isOwn = preset === undefined || preset === campaign.preset;
  return {
    dataset: campaign.dataset,
    preset: preset ?? campaign.preset,
    solve: isOwn ? solveWith(campaign, extract) : { ...(strokes !== undefined && { strokes }) },
  };
}

async function expectStrokes(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  { kind, name }: Subject,
  dataset: string,
): Promise<void> {
  if (kind === 'campaign') {
    const handed = await db
      .selectFrom('assignment')
      .select('id')
      .where('campaign', '=', name)
      .where('state', 'in', ['submitted', 'accepted'])
      .limit(1)
      .executeTakeFirst();
    if (!handed)
      throw new InvalidInputError(`nothing was handed in to campaign ${name}; expected strokes to make masks from`);
    return;
  }
  const { shards } = await datasetOf(store, dataset);
  for (let shard = 0; shard < shards; shard++) {
    for await (const _ of store.list(scribblesPrefix(dataset, shard))) return;
  }
  throw new InvalidInputError(
    `dataset ${name} has no scribbles; expected some (saltworks dataset import … --scribbles DIR)`,
  );
}

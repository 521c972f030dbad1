/** What a campaign hears of the corpus: a prior by its content, so that masks are rebuilt from it to the byte. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { keysId } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { currentPrior } from '@saltworks/store/prelabels/prelabels';
import { type Kysely, sql } from 'kysely';
import type { RecipeOf } from '../builds/settings.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, inputIsConflict, NotFoundError } from '../errors.ts';
import { type Chosen, extractOf, keysOf } from './keys.ts';

/**
 * The prior that the dataset's pre-labels taught last.
 *
 * @throws ConflictError if there is none, it is of other keys, or the campaign's masks cannot hear it
 */
export async function newestPrior(
  { store, recipeOf }: { store: ObjectStore; recipeOf: RecipeOf },
  campaign: Chosen & Pick<Campaign, 'dataset' | 'preset' | 'solve'>,
): Promise<string> {
  const { dataset, preset, solve } = campaign;
  const { prior, keys } = await currentPrior(store, dataset).catch(inputIsConflict);
  const own = keysOf(campaign);
  if (keys !== own) {
    throw new ConflictError(
      `the pre-labels of ${dataset} have keys ${keys}; expected ${own}, the campaign's (saltworks prelabel ${dataset})`,
    );
  }
  const { graph } = (await recipeOf({ extract: extractOf(campaign), preset, solve })).options;
  if (graph === 'walk') return prior;
  throw new ConflictError(`the corpus with the graph ${graph}; expected walk, which hears it (preset best)`);
}

/** How a campaign solves, with these keys: what it hears of the corpus belongs to the keys that it was taught with. */
export function solveWith(campaign: Chosen & Pick<Campaign, 'solve'>, extract: ExtractSettings): Campaign['solve'] {
  const { corpus: _, ...alone } = campaign.solve;
  return keysId(extract.backbone, extract) === keysOf(campaign) ? campaign.solve : alone;
}

/** @throws NotFoundError unless the campaign hears the prior, or an assignment goes on with it */
export async function expectHeard(db: Kysely<Schema>, campaign: string, prior: string): Promise<void> {
  const { rows } = await sql<{ heard: boolean }>`
    select exists (select from campaign where id = ${campaign} and solve ->> 'corpus' = ${prior})
        or exists (select from assignment where campaign = ${campaign} and pinned -> 'solve' ->> 'corpus' = ${prior})
        as heard`.execute(db);
  if (!rows[0].heard) throw new NotFoundError('no such prior');
}

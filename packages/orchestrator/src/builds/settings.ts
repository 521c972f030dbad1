/** The settings of a campaign, as builds have them and as its row has them. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { BuildSettings } from '@saltworks/contract/documents/builds';
import { defaultCodec } from '@saltworks/contract/kinds';
import { keysId } from '@saltworks/contract/layout';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import type { SegmentOptions } from '@saltworks/contract/options';
import { presets } from '@saltworks/core/options';
import { CODE_VERSION } from '@saltworks/store/builds/mask-names';
import { lineageOf } from '@saltworks/store/datasets/key-sets';
import { canonical } from '@saltworks/store/objects/canonical';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { extractOf } from '../campaigns/keys.ts';

/** Settings with every default, and the name of the masks that they make. @throws NotFoundError if there is no such backbone */
export type RecipeOf = (settings: MaskSettings) => Promise<{ recipe: string; options: SegmentOptions }>;

/** What masks made now with these settings are made with. */
export async function buildSettingsOf(
  { store, recipeOf }: { store: ObjectStore; recipeOf: RecipeOf },
  given: MaskSettings,
): Promise<BuildSettings> {
  const { backbone, layer, facet, longSide, codec = defaultCodec } = given.extract;
  const extract = {
    ...{ backbone, facet },
    ...(layer !== undefined && { layer }),
    ...(longSide !== undefined && { longSide }),
    ...(codec !== defaultCodec && { codec }),
  };
  const { recipe, options } = await recipeOf(given);
  const keys = await lineageOf(store, keysId(backbone, extract));
  return { extract, ...(keys && { keys }), preset: given.preset, options, recipe, code: CODE_VERSION };
}

/** What the masks of a campaign's new drawings are made with. */
export const settingsOf = (campaign: Campaign): MaskSettings => ({
  extract: extractOf(campaign),
  preset: campaign.preset,
  solve: campaign.solve,
});

/** Columns of a campaign's row. */
export interface SettingsColumns {
  backbone: string;
  layer: number | null;
  facet: string;
  long_side: number | null;
  codec: string | null;
  preset: string;
  /** JSON. */
  solve: string;
}

/**
 * The columns that make a campaign draw on the keys of a build; undefined where it does already. Whether strokes hold is the
 * campaign's own.
 */
export async function columnsFor(
  recipeOf: RecipeOf,
  campaign: Campaign,
  { extract, preset, options }: BuildSettings,
): Promise<SettingsColumns | undefined> {
  const own = extractOf(campaign);
  const now = await recipeOf(settingsOf(campaign)).catch(() => undefined);
  const sameKeys = keysId(own.backbone, own) === keysId(extract.backbone, extract);
  if (now && sameKeys && campaign.preset === preset && sameSolve(now.options, options)) return undefined;
  // The factor of σ belongs to the backbone, unless somebody chose another.
  const usual = await recipeOf({ extract, preset, solve: {} }).catch(() => undefined);
  const before = { ...presets[preset], sigmaFactor: usual?.options.sigmaFactor };
  const { strokes: _, ...rest } = options;
  const changed = Object.entries(rest).filter(
    ([name, value]) => canonical(value) !== canonical(before[name as keyof typeof before]),
  );
  const { strokes } = campaign.solve;
  const { backbone, layer = null, facet, longSide = null, codec = null } = extract;
  return {
    ...{ backbone, layer, facet, long_side: longSide, codec, preset },
    solve: JSON.stringify({ ...Object.fromEntries(changed), ...(strokes !== undefined && { strokes }) }),
  };
}

function sameSolve({ strokes: _, ...a }: SegmentOptions, { strokes: __, ...b }: SegmentOptions): boolean {
  return canonical(a) === canonical(b);
}

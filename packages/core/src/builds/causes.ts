/** Why an image's mask differs between two builds: what the two lines are made from. */
import type { BuildImage, BuildSettings } from '@saltworks/contract/documents/builds';
import type { ChangeCause } from '@saltworks/contract/documents/comparisons';
import type { Lineage } from '@saltworks/contract/documents/key-sets';
import { defaultCodec } from '@saltworks/contract/kinds';

/** What a mask is made from. */
export interface Origin {
  drawings: BuildImage['drawings'];
  consensus?: true;
  /** Null where nobody knows. */
  settings: BuildSettings | null;
}

/** In the order of `changeCauses`. What is not known of one mask is no cause. */
export function causesOf(before: Origin, after: Origin): ChangeCause[] {
  const causes: ChangeCause[] = [];
  const known = before.drawings.length > 0 && after.drawings.length > 0;
  if (known && !same(strokesOf(before), strokesOf(after))) causes.push('strokes');
  if (!before.settings || !after.settings) return causes;
  const [old, now] = [before.settings, after.settings];
  const keys = keysCauses(old, now);
  causes.push(...keys);
  // σ's factor belongs to the backbone.
  const optionsOf = ({ options }: BuildSettings) =>
    keys.includes('backbone') ? { ...options, sigmaFactor: 0 } : options;
  if (!same(optionsOf(old), optionsOf(now))) causes.push('settings');
  if (old.code !== now.code) causes.push('code');
  return causes;
}

const strokesOf = ({ drawings, consensus }: Origin) => ({
  consensus,
  // One person's strokes make the same mask whoever drew them.
  drawings: drawings.map(({ strokes, by, weight = 1 }) => (consensus ? { strokes, by, weight } : { strokes })),
});

/** Another backbone has other layers and sizes: it alone is the cause. */
function keysCauses(before: BuildSettings, after: BuildSettings): ChangeCause[] {
  // What is noted of the keys of one alone is not compared with what the other was asked for.
  const [old, now] =
    before.keys && after.keys ? [notedOf(before.keys), notedOf(after.keys)] : [askedOf(before), askedOf(after)];
  if (old.backbone !== now.backbone || old.file !== now.file) return ['backbone'];
  return (['layer', 'facet', 'size', 'codec'] as const).filter((field) => old[field] !== now[field]);
}

const notedOf = ({ backbone, sha256: file, layer, facet, long_side: size, codec }: Lineage) => ({
  ...{ backbone, file, layer, facet, size, codec },
});

const askedOf = ({ extract: { backbone, layer, facet, longSide: size, codec = defaultCodec } }: BuildSettings) => ({
  ...{ backbone, file: undefined, layer, facet, size, codec },
});

/** Whether two JSON values are the same, in whatever order their fields come. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].every((field) => same(a[field as never], b[field as never]));
}

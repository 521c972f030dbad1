/** The variants of a bake-off: their settings in full, and names that tell them apart. */
import type { VariantChoice } from '@saltworks/contract/api/bakeoffs';
import type { BakeoffVariant } from '@saltworks/contract/documents/bakeoffs';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultBackbone, defaultCodec, defaultPreset } from '@saltworks/contract/kinds';
import { keysId } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { Deps } from '../api/routes.ts';
import { settleKeys } from '../runs/settle.ts';

/**
 * @param solve what the campaign's masks are made with besides
 * @throws NotFoundError if there is no such backbone or layer, InvalidInputError if two variants are one
 */
export async function settleVariants(
  { backbones, recipeOf }: Pick<Deps, 'backbones' | 'recipeOf'>,
  choices: readonly VariantChoice[],
  solve: Partial<SegmentOptions>,
): Promise<BakeoffVariant[]> {
  const found: Omit<BakeoffVariant, 'name'>[] = [];
  for (const { backbone = defaultBackbone, preset = defaultPreset, ...choice } of choices) {
    const extract = settleKeys(await backbones.find(backbone), choice);
    await recipeOf({ extract, preset, solve });
    const keys = keysId(extract.backbone, extract);
    if (found.some((other) => other.keys === keys && other.preset === preset)) {
      throw new InvalidInputError(`the variant ${keys} with ${preset} twice; expected variants that differ`);
    }
    found.push({ keys, extract, preset, solve });
  }
  const names = variantNames(found);
  return found.map((variant, i) => ({ name: names[i], ...variant }));
}

/** Of each what is not the same for all, in the order of the command line. */
export function variantNames(variants: readonly Pick<BakeoffVariant, 'extract' | 'preset'>[]): string[] {
  const parts = variants.map(({ extract, preset }) => [
    extract.backbone,
    extract.layer === undefined ? 'last layer' : `layer ${extract.layer}`,
    extract.facet,
    extract.longSide === undefined ? 'own size' : `${extract.longSide} px`,
    extract.codec ?? defaultCodec,
    preset,
  ]);
  const differ = parts[0].map((part, i) => parts.some((other) => other[i] !== part));
  return parts.map((part) => part.filter((_, i) => differ[i]).join(', '));
}

/** Which keys a request asks for, with what it leaves to the backbone. */
import type { BackboneInfo } from '@saltworks/contract/api/backbones';
import type { KeysChoice } from '@saltworks/contract/api/keys';
import { defaultCodec } from '@saltworks/contract/kinds';
import type { ExtractSettings } from '@saltworks/contract/options';
import { NoSuchLayerError } from '../errors.ts';

/** @throws NoSuchLayerError if the backbone has no such layer */
export function settleKeys(
  backbone: Pick<BackboneInfo, 'name' | 'layer' | 'layers' | 'facet'>,
  choice: Omit<KeysChoice, 'backbone'>,
): ExtractSettings {
  const { name, layers } = backbone;
  const { layer = backbone.layer ?? undefined, facet = backbone.facet, longSide, codec } = choice;
  if (layer !== undefined && layer >= layers) {
    throw new NoSuchLayerError(`layer ${layer}; expected 0 to ${layers - 1}, the layers of ${name}`);
  }
  return { backbone: name, layer, facet, longSide, codec: codec === defaultCodec ? undefined : codec };
}

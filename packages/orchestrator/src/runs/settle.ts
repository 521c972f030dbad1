/** Which keys a request asks for, with what it leaves to the backbone. */
import type { BackboneInfo } from '@saltworks/contract/api/backbones';
import type { KeysChoice } from '@saltworks/contract/api/keys';
import { defaultCodec, facets } from '@saltworks/contract/kinds';
import { keysId } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { NoSuchLayerError, NotFoundError } from '../errors.ts';

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

const settingsIn = new RegExp(`^(.+?)(?:-layer(\\d+))?(?:-(${facets.join('|')}))?(?:-(\\d+)px)?(?:\\+(.+))?$`);

/** What keys of an id are made with. A backbone of the very name counts first. @throws NotFoundError if there is none */
export async function settingsOfKeys(
  { backbones }: { backbones: { list(): Promise<Pick<BackboneInfo, 'name'>[]> } },
  id: string,
): Promise<ExtractSettings> {
  const names = new Set((await backbones.list()).map(({ name }) => name));
  const [plain, codec] = id.split('+');
  if (names.has(plain)) return { backbone: plain, facet: 'key', codec };
  const [, backbone = '', layer, facet = 'key', longSide] = settingsIn.exec(id) ?? [];
  const settings: ExtractSettings = {
    backbone,
    layer: layer === undefined ? undefined : Number(layer),
    facet: facets.find((each) => each === facet) ?? 'key',
    longSide: longSide === undefined ? undefined : Number(longSide),
    codec,
  };
  if (names.has(backbone) && keysId(backbone, settings) === id) return settings;
  throw new NotFoundError(`no backbone makes keys ${id}; expected those of a run over the dataset`);
}

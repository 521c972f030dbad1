/** The protocols, in the order in which they run. */
import type { ProtocolName } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { backbones } from './backbones.ts';
import { corrections } from './corrections.ts';
import { graphs } from './graphs.ts';
import { help } from './help.ts';
import { layers } from './layers.ts';
import { noise } from './noise.ts';
import { onePatch } from './one-patch.ts';
import type { Protocol } from './protocol.ts';
import { sparse } from './sparse.ts';
import { strokes } from './strokes.ts';
import { upsample } from './upsample.ts';

export const protocolList: readonly Protocol[] = [
  strokes,
  corrections,
  help,
  noise,
  sparse,
  onePatch,
  layers,
  graphs,
  backbones,
  upsample,
];

/** @throws InvalidInputError if there is none of this name */
export function protocolOf(name: ProtocolName): Protocol {
  const found = protocolList.find((protocol) => protocol.name === name);
  if (found) return found;
  throw new InvalidInputError(`protocol ${name}; expected one of ${protocolList.map(({ name }) => name).join(', ')}`);
}

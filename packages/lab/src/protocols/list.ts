/** The protocols, in the order in which they run. */
import type { ProtocolName } from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { corrections } from './corrections.ts';
import type { Protocol } from './protocol.ts';
import { strokes } from './strokes.ts';

export const protocolList: readonly Protocol[] = [strokes, corrections];

/** @throws InvalidInputError if there is none of this name */
export function protocolOf(name: ProtocolName): Protocol {
  const found = protocolList.find((protocol) => protocol.name === name);
  if (found) return found;
  throw new InvalidInputError(`protocol ${name}; expected one of ${protocolList.map(({ name }) => name).join(', ')}`);
}

/** Parts of an export: train, val, test. */
import type { ExportSplit } from '@saltworks/contract/export-formats';
import { xxh32 } from './xxh32.ts';

/**
 * The part that an image falls into. It depends on the seed and the image's bytes alone: images of the same bytes share a part, and
 * an image stays where it is when others come. Shares hold on average; they count beside their sum.
 *
 * @param sha256 of the image, hex
 */
export function splitOf(sha256: string, { seed, shares }: ExportSplit): string {
  const total = shares.reduce((sum, { share }) => sum + share, 0);
  const chance = (xxh32(new TextEncoder().encode(`${seed} ${sha256}`)) / 2 ** 32) * total;
  let upTo = 0;
  for (const { name, share } of shares) {
    upTo += share;
    if (chance < upTo) return name;
  }
  return (shares.at(-1) as { name: string }).name;
}

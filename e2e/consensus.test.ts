import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { openSession } from '@saltworks/backbone/session/session';
import { agreement } from '@saltworks/core/crowd/agreement';
import { type Annotation, consensus } from '@saltworks/core/crowd/consensus';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import type { Mask } from '@saltworks/core/mask/mask';
import { mean } from '@saltworks/core/metrics/mean';
import { presets } from '@saltworks/core/options';
import { segment } from '@saltworks/core/segment';
import { expect, test } from 'vitest';
import { dataFolder, haveData } from '../bench/data.mjs';
import { root } from './saltworks.ts';

const folder = join(dataFolder, 'multi/icg');

interface Item {
  name: string;
  annotators: { user: string }[];
}

test.skipIf(!haveData)(
  `people who drew the same image agree with their consensus more than with each other${haveData ? '' : ' (skipped: no ../shared/data)'}`,
  async () => {
    const home = process.env.SALTWORKS_HOME ?? `${root}/.saltworks`;
    const session = await openSession(await resolveBackbone('dinov2-small-focus', { home }), { facet: 'key' });
    const { items }: { items: Item[] } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
    const chosen = items.filter((_, i) => i % 8 === 0);
    const agreed = { people: [] as number[], consensus: [] as number[], drawn: [] as number[], other: [] as number[] };
    for (const { name, annotators } of chosen) {
      const image = await decodeImage(readFileSync(join(dataFolder, 'images', `${name}.jpg`)));
      const keys = roundToHalf(await session.extract(image));
      const [one, other]: Annotation[] = annotators.slice(0, 2).map(({ user }) => {
        const file = readFileSync(join(folder, 'scribbles', name, `${user}.png`));
        const drawn = parseScribblePng(file, image);
        return { ...drawn, annotator: user, weight: 1, mask: segment(image, keys, drawn.raster, presets.best).mask };
      });
      const found = consensus(image, keys, [one, other], presets.best);
      const miou = (a: Mask, b: Mask) => agreement({ mask: a }, { mask: b }).miou;
      agreed.people.push(miou(one.mask, other.mask));
      agreed.consensus.push(miou(one.mask, found.mask), miou(other.mask, found.mask));
      for (const [own, others] of [
        [one, other],
        [other, one],
      ]) {
        // Masks outlined by hand, beside the masks from their strokes.
        const grey = await decodeImage(readFileSync(join(folder, 'segs', name, `${own.annotator}.png`)));
        const hand = { ...own.mask, ids: Uint32Array.from(own.mask.ids, (_, i) => grey.data[3 * i]) };
        agreed.drawn.push(miou(hand, found.mask));
        agreed.other.push(miou(hand, others.mask));
      }
      expect(consensus(image, keys, [other, one], presets.best)).toEqual(found);
      const alone = consensus(image, keys, [one, { ...other, weight: 0 }], presets.best);
      expect(agreement({ mask: alone.mask }, one).miou).toBeGreaterThan(0.9999);
    }
    await session.close();
    const [people, together, drawn, others] = Object.values(agreed).map(mean);
    expect(chosen.length).toBeGreaterThan(5);
    // mIoU on all 43 images, two to four people each: 0.802 between people, 0.862 with the consensus; hand-drawn outlines
    // score 0.792 with another person's mask, 0.836 with the consensus.
    expect(together).toBeGreaterThan(people);
    expect(drawn).toBeGreaterThan(others);
  },
);

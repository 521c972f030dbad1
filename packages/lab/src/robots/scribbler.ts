/**
 * A simulated annotator who draws the first strokes on an image whose mask is known, for datasets without people's strokes.
 *
 * A stroke begins deep within its segment: at the deepest of a few random pixels. From there the pen moves in short steps, with
 * inertia, towards where the segment is deeper, first one way, then the other, until the stroke is as long as it should be or
 * has no way to go. The hand trembles; that is why strokes leave their segments at times.
 *
 * It draws as the people of icgbench did, whose 249 drawn segments it is calibrated to (`statistics.ts`; people, then robot):
 * length 2.06 and 2.07 √area in the median, 0.96 … 4.44 and 1.29 … 3.62 from the tenth to the ninetieth percentile; cells covered
 * 7.0 and 7.2 % of the segment; pixels in other segments 0.04 and 0.03 %. People's recorded strokes are in more pieces, 2.4
 * a segment against 1.3: some of their gaps are wider than a cell.
 */
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import type { Mask } from '@saltworks/core/mask/mask';
import { depths } from '@saltworks/core/metrics/depths';
import { normal, randomFrom } from '../random.ts';

export interface Hand {
  /** Strokes a segment: one, and one more for as long as chance stays below this. */
  more: number;
  /** Length of a segment's strokes together, in shares of √area: median, and the standard deviation of its logarithm. */
  length: number;
  spread: number;
  /** Pixels from the middle of the stroke to its rim. */
  radius: number;
  /** Standard deviation of the hand's tremor, in pixels. */
  tremor: number;
}

/** As people draw. */
export const human: Hand = { more: 0.5, length: 1.65, spread: 0.5, radius: 0.5, tremor: 0.5 };

/** Pixels from one point of a stroke to the next, and radians to which the pen may turn there. */
const step = 4;
const turns = [0, 0.3, -0.3, 0.6, -0.6, 1, -1];
/** Random pixels among which a stroke begins at the deepest. */
const tries = 5;

/**
 * Draws every segment that has a pixel that counts, the background too, if it is none of the ignored.
 *
 * @param ignore 1 at pixels that do not count
 * @param name what chance depends on: of one name, the strokes are the same
 */
export function scribble(mask: Mask, ignore: Uint8Array, name: string, hand: Hand = human): Stroke[] {
  const depth = depths(mask);
  const pixels = new Map<number, number[]>();
  mask.ids.forEach((id, i) => {
    if (ignore[i]) return;
    const own = pixels.get(id);
    if (own) own.push(i);
    else pixels.set(id, [i]);
  });
  return [...pixels]
    .sort(([a], [b]) => a - b)
    .flatMap(([segment, own]) => {
      const random = randomFrom(`${name} ${segment}`);
      const area = own.length;
      let count = 1;
      while (count < 8 && random() < hand.more) count++;
      const length = (hand.length * Math.sqrt(area) * Math.exp(hand.spread * normal(random))) / count;
      return Array.from({ length: count }, () => {
        const starts = Array.from({ length: tries }, () => own[Math.floor(random() * area)]);
        const start = starts.reduce((a, b) => (depth[b] > depth[a] ? b : a));
        return { segment, points: line(mask, depth, start, length, hand, random), radius: hand.radius };
      });
    });
}

/** The points of one stroke. */
function line(
  { ids, width, height }: Mask,
  depth: Uint16Array,
  start: number,
  length: number,
  { tremor }: Hand,
  random: () => number,
): [number, number][] {
  const id = ids[start];
  const first: [number, number] = [start % width, Math.floor(start / width)];
  const depthAt = (x: number, y: number) => {
    const [u, v] = [Math.round(x), Math.round(y)];
    const within = u >= 0 && v >= 0 && u < width && v < height && ids[v * width + u] === id;
    return within ? depth[v * width + u] : 0;
  };
  let left = length;
  const go = (heading: number): [number, number][] => {
    const points: [number, number][] = [];
    let [x, y] = first;
    let angle = heading;
    while (left > 0) {
      const reach = Math.min(step, left);
      // Deeper is better, straight on is better, and people are not exact.
      const ways = turns.map((turn) => {
        const [dx, dy] = [Math.cos(angle + turn), Math.sin(angle + turn)];
        const ahead = Math.min(
          depthAt(x + reach * dx, y + reach * dy),
          depthAt(x + 2 * reach * dx, y + 2 * reach * dy) + 1,
        );
        const appeal = ahead === 0 ? 0 : Math.log(1 + ahead) - 0.3 * Math.abs(turn) + 0.3 * random();
        return { turn, dx, dy, ahead, appeal };
      });
      const best = ways.reduce((a, b) => (b.appeal > a.appeal ? b : a));
      if (best.ahead === 0) break;
      angle += best.turn;
      x += reach * best.dx;
      y += reach * best.dy;
      left -= reach;
      points.push([x, y]);
    }
    return points;
  };
  const heading = 2 * Math.PI * random();
  const there = go(heading);
  const back = go(heading + Math.PI);
  const tenths = (value: number) => Math.round(10 * value) / 10;
  return [...back.reverse(), first, ...there].map(([x, y]) => [
    tenths(x + tremor * normal(random)),
    tenths(y + tremor * normal(random)),
  ]);
}

/** How strokes, people's or a robot's, lie in the segments that they are for. */
import type { Mask } from '@saltworks/core/mask/mask';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';

/** The strokes of one segment. */
export interface StrokeStatistics {
  id: number;
  /** Strokes: groups of 8-connected cells. */
  strokes: number;
  /** Cells · their side, in shares of √(pixels of the segment). */
  length: number;
  /** The area of those cells, as a share of the segment's. */
  coverage: number;
  /** Share of stroke pixels that lie in other segments. */
  misses: number;
}

/**
 * Side in pixels of the cells by which strokes are counted and measured, about that of a node. Recorded strokes have gaps where
 * the pen was fast; cells bridge them.
 */
const side = 8;

/**
 * Of every segment that was drawn and that the truth has, by ascending id.
 *
 * @param ignore 1 at pixels that do not count
 */
export function strokeStatistics(
  { owner, segments }: StrokeRaster,
  { ids, width }: Mask,
  ignore: Uint8Array,
): StrokeStatistics[] {
  const areas = new Map<number, number>();
  const drawn = new Map<number, { cells: Set<number>; inside: number; outside: number }>();
  const columns = Math.ceil(width / side) + 2;
  for (let i = 0; i < ids.length; i++) {
    if (ignore[i]) continue;
    areas.set(ids[i], (areas.get(ids[i]) ?? 0) + 1);
    if (owner[i] === 0) continue;
    const id = segments[owner[i] - 1];
    const own = drawn.get(id) ?? { cells: new Set(), inside: 0, outside: 0 };
    drawn.set(id, own);
    own.cells.add(Math.floor(Math.floor(i / width) / side) * columns + Math.floor((i % width) / side));
    own[ids[i] === id ? 'inside' : 'outside']++;
  }
  return [...drawn]
    .sort(([a], [b]) => a - b)
    .flatMap(([id, { cells, inside, outside }]) => {
      const area = areas.get(id);
      if (area === undefined) return [];
      return {
        ...{ id, strokes: groups(cells, columns), length: (side * cells.size) / Math.sqrt(area) },
        ...{ coverage: (side * side * cells.size) / area, misses: outside / (inside + outside) },
      };
    });
}

/** Counts groups of cells that touch by sides or corners. @param columns one more than a row has, so that rows do not touch */
function groups(cells: ReadonlySet<number>, columns: number): number {
  const left = new Set(cells);
  let count = 0;
  for (const start of left) {
    count++;
    const stack = [start];
    left.delete(start);
    for (let cell = stack.pop(); cell !== undefined; cell = stack.pop()) {
      for (const row of [-columns, 0, columns]) {
        for (const next of [cell + row - 1, cell + row, cell + row + 1]) if (left.delete(next)) stack.push(next);
      }
    }
  }
  return count;
}

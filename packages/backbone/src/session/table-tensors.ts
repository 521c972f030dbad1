/** Tables of positions as inputs of an inference: each grid's are filled in once, and the latest ones kept. */
import type { Interpolation } from '@saltworks/contract/kinds';
import { Tensor } from 'onnxruntime-node';
import { fillTable, type HostPositions } from '../sizes/positions.ts';

/** Grids of a dataset's images: a few, most of them often. */
const KEPT = 16;

/** @returns inputs for h × w patches, by name */
export function tableTensors(positions: HostPositions, interpolation: Interpolation) {
  const kept = new Map<string, Record<string, Tensor>>();
  return (h: number, w: number): Record<string, Tensor> => {
    const size = `${h} × ${w}`;
    const known = kept.get(size);
    const tensors =
      known ??
      Object.fromEntries(
        positions.map((table) => {
          const values = fillTable(table, h, w, interpolation);
          return [table.input, new Tensor('float32', values, [values.length / table.d, table.d])];
        }),
      );
    // The latest go to the end; the first is the oldest.
    kept.delete(size);
    kept.set(size, tensors);
    if (kept.size > KEPT) kept.delete([...kept.keys()][0]);
    return tensors;
  };
}

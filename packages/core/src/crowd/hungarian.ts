/** The assignment problem: pairs rows and columns one to one so that scores sum to the most. */

/**
 * Solves it exactly in O(rows² · columns), by the Hungarian method with shortest augmenting paths and potentials (Kuhn 1955;
 * Jonker and Volgenant 1987).
 *
 * @param scores `[rows][columns]`, none below 0, all rows of one length
 * @returns each row's column, or −1: pairs that score 0 are left out
 */
export function assign(scores: readonly (readonly number[])[]): number[] {
  const rows = scores.length;
  const columns = scores[0]?.length ?? 0;
  // Every row needs a column: extra columns score 0 and stand for none.
  const width = Math.max(rows, columns);
  const cost = (row: number, column: number) => -(scores[row][column] ?? 0);
  const rowPotential = new Float64Array(rows);
  const columnPotential = new Float64Array(width);
  const rowOf = new Int32Array(width).fill(-1);
  for (let start = 0; start < rows; start++) {
    const distance = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    const before = new Int32Array(width).fill(-1);
    const done = new Uint8Array(width);
    const reached: number[] = [];
    let row = start;
    let column = -1;
    // Dijkstra's algorithm over columns, up to a free one.
    while (row >= 0) {
      const from = column < 0 ? 0 : distance[column];
      let next = -1;
      for (let k = 0; k < width; k++) {
        if (done[k]) continue;
        const through = from + cost(row, k) - rowPotential[row] - columnPotential[k];
        if (through < distance[k]) {
          distance[k] = through;
          before[k] = column;
        }
        if (next < 0 || distance[k] < distance[next]) next = k;
      }
      column = next;
      done[column] = 1;
      reached.push(column);
      row = rowOf[column];
    }
    const shortest = distance[column];
    rowPotential[start] += shortest;
    for (const k of reached) {
      if (rowOf[k] >= 0) rowPotential[rowOf[k]] += shortest - distance[k];
      columnPotential[k] -= shortest - distance[k];
    }
    // Along the path, every column takes the row of the column before.
    for (; column >= 0; column = before[column]) rowOf[column] = before[column] < 0 ? start : rowOf[before[column]];
  }
  const columnOf = new Array<number>(rows).fill(-1);
  rowOf.forEach((row, column) => {
    if (row >= 0 && scores[row][column] > 0) columnOf[row] = column;
  });
  return columnOf;
}

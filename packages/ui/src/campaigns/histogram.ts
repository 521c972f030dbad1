/** Counts scores, 0 … 1, by tenth; empty tenths at both ends are left out. */
export function histogram(scores: readonly number[]): { name: string; value: number }[] {
  const counts = new Array<number>(10).fill(0);
  for (const score of scores) counts[Math.min(9, Math.max(0, Math.floor(score * 10)))]++;
  const rows = counts.map((value, i) => ({ name: `${(i / 10).toFixed(1)} – ${((i + 1) / 10).toFixed(1)}`, value }));
  const first = counts.findIndex((value) => value > 0);
  const last = counts.findLastIndex((value) => value > 0);
  return rows.slice(first, last + 1);
}

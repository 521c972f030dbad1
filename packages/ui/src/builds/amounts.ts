/** The histogram of change in coarser steps. */

/** Upper ends of coarser steps, percent. */
const steps = [1, 2, 5, 10, 20, 50, 100];

/** @param histogram images by percent: [0], (0, 1], (1, 2] … (99, 100] */
export function byAmount(histogram: readonly number[]): { name: string; value: number }[] {
  const sum = (from: number, to: number) => histogram.slice(from, to).reduce((a, b) => a + b, 0);
  return [
    { name: 'unchanged', value: sum(0, 1) },
    ...steps.map((to, i) => {
      const from = i === 0 ? 0 : steps[i - 1];
      return { name: i === 0 ? `up to ${to} %` : `${from} – ${to} %`, value: sum(from + 1, to + 1) };
    }),
  ];
}

/** What came of a bake-off: every measure as a plot of intervals and a table, and what the sample left in the store. */
import type { BakeoffMeasure, BakeoffReport, Interval } from '@saltworks/contract/documents/bakeoffs';
import { Figure } from '../plots/figure.tsx';
import { count, counted, score, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';

const measures: [BakeoffMeasure, string, string][] = [
  ['known', 'Known masks: mean IoU', 'The truth is the best judge.'],
  ['accepted', 'Accepted masks: mean IoU', 'It leans to the settings that made these masks.'],
  ['pixels', 'Strokes held out: share of their pixels that the rest predicts', 'Every drawn image has this measure.'],
  ['labels', 'Strokes held out: share of them whose label the rest predicts', ''],
];

const bounds = ({ low, high }: Interval) => `${score(low)} to ${score(high)}`;
const signed = (value: number) => (value > 0 ? `+${score(value)}` : score(value));

export function Results({ report }: { report: BakeoffReport }) {
  const { images, judged, strokes, variants, failures } = report;
  const made = variants.reduce((sum, { sample }) => sum + sample.made, 0);
  const bytes = variants.reduce((sum, { sample }) => sum + sample.bytes, 0);
  return (
    <>
      <p>
        {count(judged)} of {counted(images, 'image')} judged with every variant, {counted(strokes, 'stroke')} held out.
        Intervals are 95 %; differences are to {variants[0].name}, image by image.
      </p>
      {measures.map(([measure, title, hint]) => {
        const found = variants.flatMap(({ name, [measure]: measured }) => (measured ? [{ name, ...measured }] : []));
        if (found.length === 0) return null;
        return (
          <div key={measure} className="intervals">
            <Figure
              caption={`${title} (${counted(found[0].images, 'image')})`}
              plot={{
                kind: 'intervals',
                rows: found.map(({ name, value: { mean, low, high } }) => ({ name, value: mean, low, high })),
                show: score,
              }}
              columns={[
                { name: 'Variant' },
                { name: 'Mean', number: true },
                { name: '95 %', number: true },
                { name: 'To the first', number: true },
                { name: '95 % of it', number: true },
              ]}
              rows={found.map(({ name, value, difference }) => [
                name,
                score(value.mean),
                bounds(value),
                signed(difference.mean),
                bounds(difference),
              ])}
            />
            {hint && <p className="hint">{hint}</p>}
          </div>
        );
      })}
      {made > 0 && (
        <p className="hint">
          {counted(made, 'file')} of keys were made for the sample and stay in the store ({size(bytes)} with those that
          were there). A later extraction finds them; they are no full set.
        </p>
      )}
      {failures.length > 0 && (
        <Table
          caption="Images that could not be judged"
          columns={[{ name: 'Image' }, { name: 'Variant' }, { name: 'Reason' }]}
          rows={failures.map(({ image, variant, reason }) => [image, variant, reason])}
        />
      )}
    </>
  );
}

/** A comparison in figures: in words, and by class, by amount and by cause. */
import type { ChangeCause, Comparison, Gate } from '@saltworks/contract/documents/comparisons';
import { type ColouredClass, namesOf } from '@saltworks/core/screen/colours';
import { Figure } from '../plots/figure.tsx';
import { count, counted, percent, score } from '../plots/figures.ts';
import { byAmount } from './amounts.ts';
import { causes } from './words.ts';

export function Heads({ comparison }: { comparison: Comparison }) {
  const { images, changed, kept, added, removed, failed, share, iou, known, accepted, offered } = comparison;
  const tiles: [string, string][] = [
    ['images changed', `${count(changed)} of ${count(images)}`],
    ['of all pixels changed', percent(share)],
    ['mean IoU, before and after', score(iou)],
    ...(known ? [[`IoU on ${counted(known.images, 'known mask')}`, judged(known)] as [string, string]] : []),
    ...(accepted
      ? [[`IoU on ${counted(accepted.images, 'accepted mask')}`, judged(accepted)] as [string, string]]
      : []),
    ...(kept > 0 ? [['kept as people left them', count(kept)] as [string, string]] : []),
    ...(offered ? [['of their pixels would change', percent(offered.share)] as [string, string]] : []),
    ...(added > 0 ? [['new images', count(added)] as [string, string]] : []),
    ...(removed > 0 ? [['lost their mask', count(removed)] as [string, string]] : []),
    ...(failed > 0 ? [['could not be compared', count(failed)] as [string, string]] : []),
  ];
  return (
    <dl className="tiles">
      {tiles.map(([what, value]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const judged = ({ before, after }: { before: number; after: number }) => `${score(before)} → ${score(after)}`;

/** What the gate says, every reason in a line. */
export const GateSays = ({ gate }: { gate: Gate }) => (
  <div className={gate.open ? 'gate' : 'gate held'}>
    <p>
      <strong>{gate.open ? 'The gate is open.' : 'The gate holds it for a look.'}</strong>{' '}
      <span className="hint">
        It holds a build whose mean IoU on known or accepted masks falls by more than {gate.thresholds.worse}, or that
        changes segments by more than {percent(gate.thresholds.changed)} (1 − mean IoU).
      </span>
    </p>
    {gate.reasons.length > 0 && (
      <ul>
        {gate.reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    )}
  </div>
);

interface PlotsProps {
  comparison: Comparison;
  classes: readonly ColouredClass<string>[];
}

export function Plots({ comparison, classes }: PlotsProps) {
  const { histogram, why } = comparison;
  const nameOf = namesOf(classes);
  const byPlace = comparison.classes.map(({ category, before, after, both, images }) => {
    const either = before + after - both;
    return {
      name: category === '' ? 'background' : nameOf(category),
      before,
      after,
      images,
      iou: either === 0 ? 1 : both / either,
    };
  });
  const perClass = [
    { name: 'Class' },
    { name: 'IoU', number: true },
    { name: 'Pixels before', number: true },
    { name: 'Pixels after', number: true },
    { name: 'Change', number: true },
    { name: 'Images', number: true },
  ];
  const rows = byPlace.map(({ name, iou, before, after, images }) => [
    name,
    score(iou),
    count(before),
    count(after),
    growth(before, after),
    count(images),
  ]);
  const amounts = byAmount(histogram);
  const reasons = Object.entries(why)
    .map(([cause, value]) => ({ name: causes[cause as ChangeCause] ?? cause, value }))
    .sort((a, b) => b.value - a.value);
  return (
    <div className="plots">
      <Figure
        caption="How alike each class is, before and after (IoU)"
        plot={{
          kind: 'bars',
          rows: byPlace.map(({ name, iou }) => ({ name, value: iou })),
          max: 1,
          show: (value) => value.toFixed(2),
        }}
        columns={perClass}
        rows={rows}
      />
      <Figure
        caption="Area of each class, before and after (pixels)"
        plot={{
          kind: 'bars',
          rows: byPlace.flatMap(({ name, before, after }) => [
            { name: `${name}, before`, value: before },
            { name: `${name}, after`, value: after },
          ]),
          show: brief,
        }}
        columns={perClass}
        rows={rows}
      />
      <Figure
        caption="Images by share of changed pixels"
        plot={{ kind: 'bars', rows: amounts, show: count }}
        columns={[{ name: 'Changed pixels' }, { name: 'Images', number: true }]}
        rows={amounts.map(({ name, value }) => [name, count(value)])}
      />
      {reasons.length > 0 && (
        <Figure
          caption="Why images changed"
          plot={{ kind: 'bars', rows: reasons, show: count }}
          columns={[{ name: 'Reason' }, { name: 'Images', number: true }]}
          rows={reasons.map(({ name, value }) => [name, count(value)])}
        />
      )}
    </div>
  );
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const brief = (value: number) => compact.format(value);

const growth = (before: number, after: number) => {
  if (before === 0) return after === 0 ? '–' : 'new';
  const by = after / before - 1;
  if (Math.abs(by) < 0.001) return percent(Math.abs(by));
  return `${by < 0 ? '−' : '+'}${percent(Math.abs(by))}`;
};

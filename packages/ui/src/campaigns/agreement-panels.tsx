/** Agreement between annotators, scores on known images, and the reliability that follows. */

import { type Agreement, getCampaignAgreement } from '@saltworks/contract/api/measures';
import { useLoaded } from '../load.ts';
import { Figure } from '../plots/figure.tsx';
import { count, counted, score } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { histogram } from './histogram.ts';
import type { NameOf } from './people.ts';

export function AgreementPanels({ campaign, nameOf }: { campaign: string; nameOf: NameOf }) {
  const agreement = useLoaded(getCampaignAgreement, { params: { campaign } }, 30_000);
  const pending = agreement.value?.pending ?? 0;
  return (
    <>
      <Panel
        title="Agreement"
        aside={pending > 0 && <span className="hint">{counted(pending, 'pair')} being compared</span>}
      >
        <Await loaded={agreement} what="agreement">
          {(value) => <Pairs agreement={value} />}
        </Await>
      </Panel>
      <Panel title="Ground truth and reliability">
        <Await loaded={agreement} what="reliability">
          {(value) => <Reliability agreement={value} nameOf={nameOf} />}
        </Await>
      </Panel>
    </>
  );
}

function Pairs({ agreement: { images, classes, pending } }: { agreement: Agreement }) {
  if (images.length === 0) {
    if (pending > 0) return <p>What was handed in is being compared.</p>;
    return <p>Nothing to compare yet: it takes an image that two annotators handed in.</p>;
  }
  const worst = [...images].sort((a, b) => a.miou - b.miou);
  return (
    <div className="plots">
      <Figure
        caption="Images by mean IoU"
        plot={{ kind: 'bars', rows: histogram(images.map(({ miou }) => miou)), show: count }}
        columns={[
          { name: 'Image' },
          { name: 'Annotators', number: true },
          { name: 'Mean IoU', number: true },
          { name: 'Same pixels', number: true },
          { name: 'Kappa', number: true },
        ]}
        rows={worst
          .slice(0, 200)
          .map(({ name, annotators, miou, pixels, kappa }) => [
            name,
            count(annotators),
            score(miou),
            score(pixels),
            score(kappa),
          ])}
      />
      <Figure
        caption="IoU by class"
        plot={{
          kind: 'bars',
          rows: classes.map(({ category, iou }) => ({ name: category, value: iou })),
          max: 1,
          show: (value) => value.toFixed(2),
        }}
        columns={[{ name: 'Class' }, { name: 'IoU', number: true }, { name: 'Pairs', number: true }]}
        rows={classes.map(({ category, iou, pairs }) => [category, score(iou), count(pairs)])}
      />
    </div>
  );
}

function Reliability({ agreement: { annotators, honeypots }, nameOf }: { agreement: Agreement; nameOf: NameOf }) {
  if (annotators.length === 0) {
    return <p>Nothing is known yet: it takes images with ground truth, or images that several annotators draw.</p>;
  }
  const mean = ({ mean, count }: { mean: number; count: number }) => (count === 0 ? '–' : score(mean));
  return (
    <div className="plots">
      <Figure
        caption="Reliability of annotators"
        plot={{
          kind: 'bars',
          rows: annotators.map(({ annotator, weight }) => ({ name: nameOf(annotator), value: weight })),
          max: 1,
          show: (value) => value.toFixed(2),
        }}
        columns={[
          { name: 'Annotator' },
          { name: 'Weight', number: true },
          { name: 'Ground truth', number: true },
          { name: 'IoU on them', number: true },
          { name: 'Overlaps', number: true },
          { name: 'IoU with others', number: true },
        ]}
        rows={annotators.map(({ annotator, weight, honeypots, overlaps }) => [
          nameOf(annotator),
          score(weight),
          count(honeypots.count),
          mean(honeypots),
          count(overlaps.count),
          mean(overlaps),
        ])}
      />
      {honeypots.length > 0 && (
        <Figure
          caption="Masks of images with ground truth, by mean IoU"
          plot={{ kind: 'bars', rows: histogram(honeypots.map(({ miou }) => miou)), show: count }}
          columns={[{ name: 'Annotator' }, { name: 'Mean IoU', number: true }]}
          rows={honeypots.slice(0, 200).map(({ annotator, miou }) => [nameOf(annotator), score(miou)])}
        />
      )}
    </div>
  );
}

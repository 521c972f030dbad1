/** How good masks are after so many strokes and seconds of drawing: where more of them stop paying. */

import {
  type EfficiencyCurve,
  getCampaignLabelEfficiency,
  type LabelEfficiency,
} from '@saltworks/contract/api/measures';
import { useState } from 'react';
import { useLoaded } from '../load.ts';
import { Figure } from '../plots/figure.tsx';
import { count, counted, duration, score } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';

type Yardstick = 'handedIn' | 'known';

export function LabelEfficiencyPanel({ campaign }: { campaign: string }) {
  const [by, setBy] = useState<Yardstick>('handedIn');
  const efficiency = useLoaded(getCampaignLabelEfficiency, { params: { campaign } }, 30_000);
  const pending = efficiency.value?.pending ?? 0;
  return (
    <Panel
      title="Label efficiency"
      aside={
        <>
          {pending > 0 && <span className="hint">{counted(pending, 'drawing')} being replayed</span>}
          {efficiency.value?.known && (
            <fieldset className="choice" aria-label="Compared with">
              <button type="button" aria-pressed={by === 'handedIn'} onClick={() => setBy('handedIn')}>
                What was handed in
              </button>
              <button type="button" aria-pressed={by === 'known'} onClick={() => setBy('known')}>
                Known masks
              </button>
            </fieldset>
          )}
        </>
      }
    >
      <Await loaded={efficiency} what="label efficiency">
        {(value) => <Curves efficiency={value} by={value.known ? by : 'handedIn'} />}
      </Await>
    </Panel>
  );
}

function Curves({ efficiency, by }: { efficiency: LabelEfficiency; by: Yardstick }) {
  const { leftOut, pending } = efficiency;
  const curve = efficiency[by];
  return (
    <>
      {curve ? (
        <>
          <Verdict curve={curve} by={by} />
          <Plots curve={curve} />
        </>
      ) : pending > 0 ? (
        <p>What was handed in is being replayed, stroke by stroke.</p>
      ) : leftOut.length === 0 ? (
        <p>Nothing to show yet: it takes a mask that was handed in.</p>
      ) : (
        <p>Nothing to show: no drawing can be replayed.</p>
      )}
      {leftOut.length > 0 && (
        <details>
          <summary>{counted(leftOut.length, 'drawing')} left out</summary>
          <ul>
            {leftOut.slice(0, 20).map(({ name, reason }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two drawings of one image may fail alike
              <li key={i}>
                {name}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Verdict({
  curve: { enough, images, drawings, strokes, seconds },
  by,
}: {
  curve: EfficiencyCurve;
  by: Yardstick;
}) {
  const yardstick = by === 'known' ? 'the known mask' : 'the mask that was handed in';
  return (
    <p>
      After {counted(enough.strokes, 'stroke')}, or {duration(enough.seconds)} of work, more of them bring masks closer
      to {yardstick} by 0.01 at most. Annotators drew {strokes.toFixed(1)} strokes in {duration(seconds)} (mean of{' '}
      {counted(drawings, 'drawing')} on {counted(images, 'image')}).
    </p>
  );
}

function Plots({ curve: { byStrokes, bySeconds, images } }: { curve: EfficiencyCurve }) {
  return (
    <div className="plots">
      <Along
        caption="Mean IoU by strokes"
        across="Strokes"
        points={byStrokes.map(({ strokes: at, ...point }) => ({ at, ...point }))}
        images={images}
      />
      <Along
        caption="Mean IoU by time at work"
        across="Seconds"
        points={bySeconds.map(({ seconds: at, ...point }) => ({ at, ...point }))}
        images={images}
      />
    </div>
  );
}

interface AlongProps {
  caption: string;
  across: string;
  points: (Omit<EfficiencyCurve['byStrokes'][number], 'strokes'> & { at: number })[];
  images: number;
}

function Along({ caption, across, points, images }: AlongProps) {
  return (
    <Figure
      caption={caption}
      plot={{ kind: 'curve', across, points: points.map(({ at, miou }) => ({ at, ...miou })) }}
      columns={[across, 'Mean IoU', '95 %', 'Went on'].map((name) => ({ name, number: true }))}
      rows={points.map(({ at, miou, going }) => [
        count(at),
        score(miou.mean),
        // Of one image nobody knows how far others lie.
        images > 1 ? `${score(miou.low)} – ${score(miou.high)}` : '–',
        count(going),
      ])}
    />
  );
}

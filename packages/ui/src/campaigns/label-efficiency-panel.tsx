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
  const numbers = (rest: EfficiencyCurve['byStrokes'][number] | EfficiencyCurve['bySeconds'][number]) => [
    score(rest.miou.mean),
    // Of one image nobody knows how far others lie.
    images > 1 ? `${score(rest.miou.low)} – ${score(rest.miou.high)}` : '–',
    count(rest.going),
  ];
  const columns = (first: string) => [
    { name: first, number: true },
    { name: 'Mean IoU', number: true },
    { name: '95 %', number: true },
    { name: 'Went on', number: true },
  ];
  return (
    <div className="plots">
      <Figure
        caption="Mean IoU by strokes"
        plot={{
          kind: 'curve',
          across: 'Strokes',
          points: byStrokes.map(({ strokes, miou }) => ({ at: strokes, ...miou })),
        }}
        columns={columns('Strokes')}
        rows={byStrokes.map((each) => [count(each.strokes), ...numbers(each)])}
      />
      <Figure
        caption="Mean IoU by time at work"
        plot={{
          kind: 'curve',
          across: 'Seconds',
          points: bySeconds.map(({ seconds, miou }) => ({ at: seconds, ...miou })),
        }}
        columns={columns('Seconds')}
        rows={bySeconds.map((each) => [count(each.seconds), ...numbers(each)])}
      />
    </div>
  );
}

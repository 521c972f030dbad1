/** Time spent, by annotator and by category. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { getCampaignEffort } from '@saltworks/contract/api/measures';
import { useLoaded } from '../load.ts';
import { Figure } from '../plots/figure.tsx';
import { count, duration } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import type { NameOf } from './people.ts';

interface Props {
  campaign: string;
  categories: readonly LabelCategory[];
  nameOf: NameOf;
}

export function EffortPanel({ campaign, categories, nameOf }: Props) {
  const effort = useLoaded(getCampaignEffort, { params: { campaign } }, 60_000);
  const className = (id: number) =>
    id === 0 ? 'Background' : (categories.find((category) => category.id === id)?.name ?? `class ${id}`);
  return (
    <Panel title="Time">
      <Await loaded={effort} what="time">
        {({ annotators, classes }) =>
          annotators.length === 0 ? (
            <p>Nobody has drawn yet.</p>
          ) : (
            <div className="plots">
              <Figure
                caption="Seconds an image by annotator"
                plot={{
                  kind: 'bars',
                  rows: annotators.map(({ annotator, images, seconds }) => ({
                    name: nameOf(annotator),
                    value: seconds / Math.max(1, images),
                  })),
                  show: duration,
                }}
                columns={[
                  { name: 'Annotator' },
                  { name: 'Images', number: true },
                  { name: 'Strokes', number: true },
                  { name: 'Time', number: true },
                  { name: 'An image', number: true },
                  { name: 'Idle', number: true },
                ]}
                rows={annotators.map(({ annotator, images, strokes, seconds, idle }) => [
                  nameOf(annotator),
                  count(images),
                  count(strokes),
                  duration(seconds),
                  duration(seconds / Math.max(1, images)),
                  duration(idle),
                ])}
              />
              <Figure
                caption="Seconds a segment by class"
                plot={{
                  kind: 'bars',
                  rows: classes.map(({ category, segments, seconds }) => ({
                    name: className(category),
                    value: seconds / Math.max(1, segments),
                  })),
                  show: duration,
                }}
                columns={[
                  { name: 'Class' },
                  { name: 'Segments', number: true },
                  { name: 'Strokes', number: true },
                  { name: 'Time', number: true },
                  { name: 'A segment', number: true },
                ]}
                rows={classes.map(({ category, segments, strokes, seconds }) => [
                  className(category),
                  count(segments),
                  count(strokes),
                  duration(seconds),
                  duration(seconds / Math.max(1, segments)),
                ])}
              />
            </div>
          )
        }
      </Await>
    </Panel>
  );
}

/** One build: its settings, what the gate says, its masks and where each comes from. */
import { type BuildInfo, getBuild } from '@saltworks/contract/api/builds';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { type DatasetImageInfo, getDatasetImages } from '@saltworks/contract/api/mask-sets';
import type { Subject } from '@saltworks/contract/documents/builds';
import { keysText } from '@saltworks/contract/keys-text';
import type { ColouredClass } from '@saltworks/core/screen/colours';
import { useCallback, useState } from 'react';
import { ask } from '../api.ts';
import '../builds/builds.css';
import { GateSays } from '../builds/comparison-figures.tsx';
import { Lineage } from '../builds/lineage.tsx';
import { Promote } from '../builds/promote.tsx';
import { Rebuild } from '../builds/rebuild.tsx';
import { pathOf, textOf, useSubject } from '../builds/subject.ts';
import { short, stateOf } from '../builds/words.ts';
import { Browser } from '../datasets/browser.tsx';
import { Exports } from '../datasets/exports.tsx';
import { shownOf } from '../datasets/images.tsx';
import { useLoaded } from '../load.ts';
import { count, moment } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { Shell } from './shell.tsx';

export function BuildPage({ kind, name, build: id }: Subject & { build: string }) {
  const of: Subject = { kind, name };
  const subject = useSubject(of);
  const build = useLoaded(getBuild, { params: { subject: textOf(of), build: id } }, 15_000);
  const [masked, setMasked] = useState(true);
  const toggle = () => setMasked((now) => !now);
  return (
    <Shell
      title={subject.title}
      tabs={subject.tabs}
      wide
      shortcuts={[
        { keys: ['m'], show: 'M', label: 'masks on and off', run: toggle },
        { keys: [], show: '← → ↑ ↓', label: 'from image to image', run() {} },
      ]}
    >
      <Await loaded={build} what="the build">
        {(value) => (
          <div className="panels">
            <Panel
              title={`Build ${short(value.id)}`}
              aside={<span className={value.current ? 'tag current' : 'tag'}>{stateOf(value)}</span>}
            >
              <Facts of={of} build={value} />
              {subject.manages && !value.current && value.state !== 'making' && (
                <Promote build={value} done={build.again} />
              )}
            </Panel>
            {value.gate && (
              <Panel title="Gate">
                <GateSays gate={value.gate} />
              </Panel>
            )}
            {subject.manages && value.state !== 'making' && (
              <Panel title="Export this build">
                <Exports dataset={value.dataset} recipes={[value.recipe]} controls={subject.me?.role === 'admin'} />
              </Panel>
            )}
            {subject.manages && value.state !== 'making' && (
              <Panel title="Can it be made again?">
                <Rebuild build={value} controls={subject.me?.role === 'admin'} />
              </Panel>
            )}
            <Panel title="Its masks">
              <Masks build={value} classes={subject.classes} masked={masked} toggle={toggle} />
            </Panel>
          </div>
        )}
      </Await>
    </Shell>
  );
}

const Facts = ({ of, build }: { of: Subject; build: BuildInfo }) => {
  const { id, made, why, by, shown, base, images, kept, settings, state } = build;
  return (
    <dl className="facts">
      <dt>Made</dt>
      <dd>
        {moment(made)}
        {by !== null && ` by ${by}`}: {why}
      </dd>
      <dt>Shown</dt>
      <dd>{shown === null ? 'never yet' : build.current ? `since ${moment(shown)}` : `last on ${moment(shown)}`}</dd>
      <dt>Keys</dt>
      <dd>
        {settings === null ? (
          'unknown'
        ) : (
          <>
            {keysText(settings)} <code>{settings.keys}</code>
          </>
        )}
      </dd>
      <dt>Preset</dt>
      <dd>
        {settings === null ? 'unknown' : settings.preset}
        {settings?.code != null && `, version ${settings.code} of the code that makes masks`}
      </dd>
      <dt>Images</dt>
      <dd>
        {count(images)}
        {kept > 0 && `, ${count(kept)} of them kept from before`}
      </dd>
      <dt>In place of</dt>
      <dd>
        {base === null ? (
          'no build: it is the first'
        ) : (
          <>
            <a href={pathOf(of, base)}>{short(base)}</a>
            {state !== 'making' && (
              <>
                {' · '}
                <a href={pathOf(of, id, 'compared')}>compare them</a>
              </>
            )}
          </>
        )}
      </dd>
      <dt>Called</dt>
      <dd>
        <code>{id}</code>
      </dd>
    </dl>
  );
};

interface MasksProps {
  build: BuildInfo;
  classes: readonly ColouredClass<string>[];
  masked: boolean;
  toggle(): void;
}

function Masks({ build: { id, subject, dataset, recipe, images }, classes, masked, toggle }: MasksProps) {
  const { kind, name } = subject;
  const place = { params: { dataset } };
  const query = new URLSearchParams({ recipe, state: 'masked', limit: '100' });
  const show = useCallback(
    (image: DatasetImageInfo) => ({
      ...shownOf(image, dataset, recipe, classes),
      more: () => <Lineage of={{ kind, name }} build={id} image={image.id} />,
    }),
    [dataset, recipe, classes, kind, name, id],
  );
  return (
    <Browser
      address={addressOf(getDatasetImages, { ...place, query })}
      read={(after) =>
        ask(getDatasetImages, { ...place, query: after === null ? query : [...query, ['after', after]] })
      }
      show={show}
      masked={masked}
      toggleMask={toggle}
      total={images}
      nothing="No mask of it is made yet."
    />
  );
}

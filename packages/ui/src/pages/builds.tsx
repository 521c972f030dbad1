/** The builds of a campaign or a dataset: which one is shown, all others, and a new one. */
import { type BuildInfo, getBuildShown, getBuilds } from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { useCallback, useState } from 'react';
import '../builds/builds.css';
import { ask } from '../api.ts';
import { BuildTable } from '../builds/build-table.tsx';
import { DiffForm } from '../builds/diff-form.tsx';
import { RelabelPanel } from '../builds/relabel-panel.tsx';
import { RollBack } from '../builds/roll-back.tsx';
import { pathOf, textOf, useSubject } from '../builds/subject.ts';
import { nameOf } from '../builds/words.ts';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { WebhooksPanel } from '../webhooks/panel.tsx';
import { Shell } from './shell.tsx';

export function BuildsPage({ kind, name }: Subject) {
  const of: Subject = { kind, name };
  const subject = useSubject(of);
  const place = { params: { subject: textOf(of) } };
  const shown = useLoaded(getBuildShown, place, 15_000);
  const builds = useLoaded(getBuilds, place, 15_000);
  const { again: shownAgain } = shown;
  const { again: buildsAgain } = builds;
  const again = useCallback(() => {
    shownAgain();
    buildsAgain();
  }, [shownAgain, buildsAgain]);
  return (
    <Shell
      title={subject.title}
      tabs={subject.tabs}
      wide
      shortcuts={subject.manages ? [{ keys: ['r'], show: 'R', label: 're-label', run: openForm }] : []}
    >
      <Await loaded={shown} what="builds">
        {({ build, back }) => (
          <div className="panels">
            <Panel title="Shown now">
              {build === null ? (
                <p className="hint">
                  No build yet. The first one is made of the masks that are shown, when they are labelled anew.
                </p>
              ) : (
                <>
                  <p>
                    <a href={pathOf(of, build.id)}>{nameOf(build)}</a>
                    <br />
                    <span className="hint">{shownWords(build)}</span>
                  </p>
                  {subject.manages && <RollBack of={of} from={build} to={back} done={again} />}
                </>
              )}
            </Panel>
            {subject.manages && subject.dataset !== undefined && (
              <RelabelPanel of={of} dataset={subject.dataset} subject={subject} ended={again} />
            )}
            <Panel title="All builds">
              <Await loaded={builds} what="builds">
                {({ items, next }) =>
                  items.length === 0 ? (
                    <p className="empty">There is no build yet.</p>
                  ) : (
                    <All of={of} items={items} next={next} />
                  )
                }
              </Await>
            </Panel>
            {/* A campaign's are among its settings. */}
            {kind === 'dataset' && subject.manages && <WebhooksPanel topic={textOf(of)} />}
          </div>
        )}
      </Await>
    </Shell>
  );
}

/** Opens the form, and puts the focus in it. */
const openForm = () => {
  const details = document.querySelector('details');
  if (details) details.open = true;
  details?.querySelector('select')?.focus();
};

const shownWords = ({ shown, why, by }: BuildInfo) =>
  [
    ...(shown === null ? [] : [`Shown since ${moment(shown)}.`]),
    `Made because: ${why}${by === null ? '' : `, by ${by}`}.`,
  ].join(' ');

/** The first part reloads; further ones are added on demand. */
function All({ of, items, next }: { of: Subject; items: BuildInfo[]; next: string | null }) {
  const [more, setMore] = useState<{ items: BuildInfo[]; next: string | null }>({ items: [], next });
  const [failure, setFailure] = useState('');
  const read = () =>
    ask(getBuilds, { params: { subject: textOf(of) }, query: { after: more.next ?? undefined } }).then(
      (page) => setMore((now) => ({ items: [...now.items, ...page.items], next: page.next })),
      (error) => setFailure(error.message),
    );
  const first = new Set(items.map(({ id }) => id));
  const all = [...items, ...more.items.filter(({ id }) => !first.has(id))];
  return (
    <>
      <BuildTable of={of} builds={all} />
      {more.next !== null && (
        <p>
          <button type="button" onClick={() => void read()}>
            Earlier ones
          </button>
        </p>
      )}
      <p role="alert" className="failure">
        {failure}
      </p>
      <h3>Compare any two</h3>
      <DiffForm of={of} builds={all} />
    </>
  );
}

/** Bake-offs of a campaign or a dataset: started, listed, and one of them with its figures. */
import {
  type BakeoffInfo,
  getSubjectBakeoff,
  getSubjectBakeoffReport,
  getSubjectBakeoffs,
} from '@saltworks/contract/api/bakeoffs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { failingText, waitingText } from '@saltworks/contract/run-state';
import { useLocation } from 'wouter';
import '../bakeoffs/bakeoffs.css';
import { BakeoffList, bakeoffPath, stateWords } from '../bakeoffs/bakeoff-list.tsx';
import { ForecastPanel } from '../bakeoffs/forecast-panel.tsx';
import { Results } from '../bakeoffs/results.tsx';
import { StartForm } from '../bakeoffs/start-form.tsx';
import { textOf, useSubject } from '../builds/subject.ts';
import { useLoaded } from '../load.ts';
import { Await, Panel } from '../states.tsx';
import { Shell } from './shell.tsx';

const lookMs = 3_000;

export function BakeoffsPage({ kind, name, bakeoff }: Subject & { bakeoff?: string }) {
  const of: Subject = { kind, name };
  const subject = useSubject(of);
  const [, go] = useLocation();
  const list = useLoaded(getSubjectBakeoffs, { params: { subject: textOf(of) } }, lookMs);
  return (
    <Shell title={subject.title} tabs={subject.tabs} wide>
      <Await loaded={list} what="bake-offs">
        {({ items }) => (
          <div className="panels">
            <Panel title="Bake-off">
              <p className="hint">
                Backbones, layers and presets tried on a sample of what was drawn, before anything large is spent: how
                good their masks are, and what a full run would take.
              </p>
              {/* Known before the form is filled in with it. */}
              {subject.dataset !== undefined && (
                <details className="more" open={items.length === 0}>
                  <summary>Start one</summary>
                  <StartForm
                    of={of}
                    subject={subject}
                    started={(id) => {
                      list.again();
                      go(bakeoffPath(of, id));
                    }}
                  />
                </details>
              )}
              {items.length > 0 && <BakeoffList of={of} bakeoffs={items} changed={list.again} />}
            </Panel>
            <Shown of={of} id={bakeoff ?? items.find(({ state }) => state === 'done')?.id} />
          </div>
        )}
      </Await>
    </Shell>
  );
}

/** The one that the address names, else the newest that is done. */
function Shown({ of, id }: { of: Subject; id: string | undefined }) {
  return id === undefined ? null : <One of={of} id={id} />;
}

function One({ of, id }: { of: Subject; id: string }) {
  const place = { params: { subject: textOf(of), bakeoff: id } };
  const info = useLoaded(getSubjectBakeoff, place, lookMs);
  return (
    <Await loaded={info} what="the bake-off">
      {(value) =>
        value.state === 'done' ? (
          <Done of={of} info={value} />
        ) : (
          <Panel title="Results">
            <p role="status">The bake-off is {stateWords(value)}.</p>
            {value.waiting && <p className="note-line">{waitingText(value.waiting)}</p>}
            {value.failing && <p className="note-line">{failingText(value.failing)}</p>}
          </Panel>
        )
      }
    </Await>
  );
}

function Done({ of, info }: { of: Subject; info: BakeoffInfo }) {
  const report = useLoaded(getSubjectBakeoffReport, { params: { subject: textOf(of), bakeoff: info.id } });
  return (
    <Await loaded={report} what="its report">
      {(value) => (
        <>
          <Panel title={`Results: ${info.variants.map(({ name }) => name).join(' · ')}`}>
            <Results report={value} />
          </Panel>
          <ForecastPanel info={info} report={value} />
        </>
      )}
    </Await>
  );
}

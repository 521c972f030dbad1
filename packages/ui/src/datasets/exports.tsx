/** Exports: download one, or start another. */
import { addressOf } from '@saltworks/contract/api/endpoint';
import {
  type ExportInfo,
  getDatasetExports,
  getDatasetExportZip,
  postCampaignExports,
  postDatasetExports,
} from '@saltworks/contract/api/exports';
import { postFilterSelection } from '@saltworks/contract/api/filters';
import type { MaskSet } from '@saltworks/contract/api/mask-sets';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import { type ExportFormat, exportFormatFacts, exportFormatTitles } from '@saltworks/contract/export-formats';
import { campaignOf } from '@saltworks/contract/layout';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { ask } from '../api.ts';
import { useLoaded } from '../load.ts';
import { count, counted, moment, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';
import { FilterChoice } from './filter-choice.tsx';
import { masksOf, nameOfMasks } from './mask-sets.tsx';
import { RunList } from './run-list.tsx';
import { useRuns } from './use-runs.ts';

interface Props {
  dataset: string;
  /** Recipes that may be exported. */
  recipes: string[];
  /** Their mask sets, if known. */
  masks?: readonly MaskSet[];
  /** A campaign's exports: its own masks only, optionally only accepted ones. */
  campaign?: string;
  controls: boolean;
}

export function Exports({ dataset, recipes, masks = [], campaign, controls }: Props) {
  const runs = useRuns(dataset);
  const made = useLoaded(getDatasetExports, { params: { dataset } });
  const mine = (recipe: string) => !campaign || campaignOf(recipe) === campaign;
  const running = (runs.value ?? []).filter(
    ({ kind, of, state }) => kind === 'export' && state === 'running' && mine(of.slice(of.indexOf('/') + 1)),
  );
  useWhenFewer(running.length, made.again);
  return (
    <>
      <StartExport dataset={dataset} recipes={recipes} masks={masks} campaign={campaign} started={runs.again} />
      {running.length > 0 && (
        <RunList dataset={dataset} masks={masks} runs={running} controls={controls} changed={runs.again} />
      )}
      <Failed runs={runs.value} mine={mine} />
      <Await loaded={made} what="exports">
        {(all) => {
          const list = all.filter(({ recipe }) => mine(recipe));
          return list.length === 0 ? (
            <p className="hint">No export was made yet.</p>
          ) : (
            <Downloads dataset={dataset} masks={masks} list={list} />
          );
        }}
      </Await>
    </>
  );
}

/** Reloads the exports when a run ends. */
function useWhenFewer(running: number, then: () => void): void {
  const before = useRef(running);
  useEffect(() => {
    if (running < before.current) then();
    before.current = running;
  }, [running, then]);
}

/** The last export run, if it failed. */
function Failed({ runs = [], mine }: { runs?: DatasetRun[]; mine(recipe: string): boolean }) {
  const last = runs
    .filter(({ kind, of }) => kind === 'export' && mine(of.slice(of.indexOf('/') + 1)))
    .reduce<DatasetRun | undefined>((late, run) => (late && late.started > run.started ? late : run), undefined);
  if (last?.state !== 'failed') return null;
  return (
    <p role="alert" className="failure">
      {last.of} failed: {last.reason ?? 'nobody could say why'}
    </p>
  );
}

interface DownloadsProps {
  dataset: string;
  masks: readonly MaskSet[];
  list: ExportInfo[];
}

const Downloads = ({ dataset, masks, list }: DownloadsProps) => (
  <Table
    caption="Exports to download"
    columns={[
      { name: 'Format' },
      { name: 'Masks' },
      { name: 'Classes' },
      { name: 'Images' },
      { name: 'Made' },
      { name: 'Files', number: true },
      { name: 'Size', number: true },
      { name: 'What it leaves out' },
      { name: 'Download' },
    ]}
    rows={[...list]
      .sort((a, b) => (a.made < b.made ? 1 : -1))
      .map(({ id, format, recipe, schema, selection, loses, made, files, bytes }) => [
        exportFormatTitles[format],
        masksOf(masks, recipe),
        schema === null ? '–' : `version ${schema}`,
        selection === null ? 'all' : `${selection.filter}, ${counted(selection.images, 'image')}`,
        <time key="made" dateTime={made}>
          {moment(made)}
        </time>,
        count(files),
        size(bytes),
        loses,
        <a key="zip" href={addressOf(getDatasetExportZip, { params: { dataset, export: id } })} download>
          ZIP
        </a>,
      ])}
  />
);

function StartExport({
  dataset,
  recipes,
  masks,
  campaign,
  started,
}: Pick<Props, 'dataset' | 'recipes' | 'campaign'> & { masks: readonly MaskSet[]; started(): void }) {
  const [format, setFormat] = useState<ExportFormat>('coco-panoptic');
  const [chosen, setRecipe] = useState('');
  const [accepted, setAccepted] = useState(false);
  const [pictures, setPictures] = useState(false);
  const [params] = useSearchParams();
  const [filter, setFilter] = useState(params.get('filter') ?? '');
  const subject = campaign ? `campaign:${campaign}` : `dataset:${dataset}`;
  const [said, setSaid] = useState({ failure: '', busy: false });
  const recipe = recipes.includes(chosen) ? chosen : recipes[0];
  if (!campaign && recipes.length === 0) {
    return <p className="hint">There are no masks yet: start a run that makes them, or a campaign.</p>;
  }
  const start = async (event: React.FormEvent) => {
    event.preventDefault();
    setSaid({ failure: '', busy: true });
    try {
      const selection =
        filter === '' ? undefined : (await ask(postFilterSelection, { params: { subject, filter } })).id;
      const of = { format, pictures, selection };
      if (campaign) await ask(postCampaignExports, { params: { campaign }, body: { ...of, accepted } });
      else await ask(postDatasetExports, { params: { dataset }, body: { ...of, recipe } });
      setSaid({ failure: '', busy: false });
    } catch (error) {
      setSaid({ failure: (error as Error).message, busy: false });
    }
    started();
  };
  return (
    <form onSubmit={start}>
      <div className="add">
        <label>
          Format
          <select id="export-format" value={format} onChange={(event) => setFormat(event.target.value as ExportFormat)}>
            {Object.entries(exportFormatTitles).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        {!campaign && (recipes.length > 1 || masks.length > 0) && (
          <label>
            Masks
            <select value={recipe} onChange={(event) => setRecipe(event.target.value)}>
              {recipes.map((each) => {
                const set = masks.find(({ recipe }) => recipe === each);
                return (
                  <option key={each} value={each}>
                    {set ? nameOfMasks(set) : each}
                  </option>
                );
              })}
            </select>
          </label>
        )}
        <FilterChoice subject={subject} chosen={filter} choose={setFilter} />
        {campaign && (
          <label className="check">
            <input type="checkbox" checked={accepted} onChange={(event) => setAccepted(event.target.checked)} />
            Accepted only
          </label>
        )}
        <label className="check">
          <input type="checkbox" checked={pictures} onChange={(event) => setPictures(event.target.checked)} />
          With pictures
        </label>
        <button type="submit" disabled={said.busy}>
          {said.busy ? 'Starting…' : 'Export'}
        </button>
      </div>
      <p className="hint">
        Keeps: {exportFormatFacts[format].keeps} Loses: {exportFormatFacts[format].loses}
      </p>
      <p role="alert" className="failure">
        {said.failure}
      </p>
    </form>
  );
}

/** The form for a new campaign. Typed text survives a reload and a sign-in. */
import { getBackbones } from '@saltworks/contract/api/backbones';
import { postCampaigns } from '@saltworks/contract/api/campaigns';
import { type DatasetInfo, getDatasets } from '@saltworks/contract/api/datasets';
import { postFilterSelection } from '@saltworks/contract/api/filters';
import type { Preset } from '@saltworks/contract/options';
import { presets } from '@saltworks/core/options';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { CategoriesEditor } from '../campaigns/categories-editor.tsx';
import { type CampaignDraft, campaignOf, readDraft, slugOf } from '../campaigns/draft.ts';
import { SettingsFields } from '../campaigns/settings-fields.tsx';
import { FilterChoice } from '../datasets/filter-choice.tsx';
import { Field } from '../field.tsx';
import { KeysFields } from '../keys/keys-fields.tsx';
import { useLoaded } from '../load.ts';
import { counted } from '../plots/figures.ts';
import { Await } from '../states.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

const kept = 'saltworks new campaign';

export function NewCampaignPage() {
  const me = useMe().value;
  const datasets = useLoaded(getDatasets, { query: {} });
  const save = {
    keys: ['mod+enter', 'mod+s'],
    show: 'Ctrl Enter',
    label: 'create the campaign',
    run: () => document.querySelector('form')?.requestSubmit(),
  };
  return (
    <Shell title="New campaign" shortcuts={[save]}>
      {me && me.role !== 'admin' ? (
        <p className="empty">Only administrators make campaigns.</p>
      ) : (
        <Await loaded={datasets} what="datasets">
          {(datasets) => (datasets.length === 0 ? <NoDataset /> : <Form datasets={datasets} />)}
        </Await>
      )}
    </Shell>
  );
}

const NoDataset = () => (
  <div className="empty">
    <p>
      A campaign is made over a dataset, and there is none yet. <a href="/datasets">Drop pictures</a> on the page of
      datasets, or import a folder of images:
    </p>
    <pre>saltworks dataset import FOLDER --name NAME</pre>
  </div>
);

/** What a link to the form asks for: a dataset, and a filter of its images. */
function asked(search: string): Partial<CampaignDraft> {
  const params = new URLSearchParams(search);
  const dataset = params.get('dataset');
  return dataset === null ? {} : { dataset, filter: params.get('filter') ?? '' };
}

/** The choice of a preset, and of how it treats strokes. */
const withPreset = (preset: Preset) => ({ preset, strokes: presets[preset].strokes });

function Form({ datasets }: { datasets: DatasetInfo[] }) {
  const [draft, setDraft] = useState(() => ({ ...readDraft(sessionStorage.getItem(kept)), ...asked(location.search) }));
  const [failure, setFailure] = useState('');
  const [busy, setBusy] = useState(false);
  const backbones = useLoaded(getBackbones, {}).value;
  useEffect(() => sessionStorage.setItem(kept, JSON.stringify(draft)), [draft]);
  const change = (changes: Partial<CampaignDraft>) => setDraft((now) => ({ ...now, ...changes }));

  const create = async (event: React.FormEvent) => {
    event.preventDefault();
    if (draft.categories.length === 0) return setFailure('Add at least one class.');
    setBusy(true);
    setFailure('');
    try {
      const { dataset, filter } = draft;
      const params = { subject: `dataset:${dataset}`, filter };
      const selection = filter === '' ? undefined : (await ask(postFilterSelection, { params })).id;
      const { id } = await ask(postCampaigns, { body: { ...campaignOf(draft), selection } });
      sessionStorage.removeItem(kept);
      location.assign(`/campaigns/${id}`);
    } catch (error) {
      setFailure((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <form className="sheet" onSubmit={create}>
      <fieldset>
        <legend>What it is</legend>
        <div className="fields">
          <Field label="Name">
            <input
              required
              maxLength={200}
              value={draft.name}
              onChange={(event) => change({ name: event.target.value })}
            />
          </Field>
          <Field label="Id" hint="In addresses and commands. Fixed once made.">
            <input
              pattern="[a-z0-9][a-z0-9\-]{0,63}"
              title="a-z, 0-9 and -, at most 64"
              value={draft.id}
              placeholder={slugOf(draft.name)}
              required={slugOf(draft.name) === ''}
              onChange={(event) => change({ id: event.target.value })}
            />
          </Field>
        </div>
        <Field label="Dataset" hint="Fixed once made.">
          <select
            required
            value={draft.dataset}
            onChange={(event) => change({ dataset: event.target.value, filter: '' })}
          >
            <option value="">Choose one…</option>
            {datasets.map(({ name, images }) => (
              <option key={name} value={name}>
                {name} · {counted(images, 'image')}
              </option>
            ))}
          </select>
        </Field>
        {draft.dataset !== '' && (
          <FilterChoice
            subject={`dataset:${draft.dataset}`}
            chosen={draft.filter}
            choose={(filter) => change({ filter })}
            hint="All of the dataset, with those that come later; or those alone that a filter finds at this moment. Fixed once made."
          />
        )}
      </fieldset>
      <fieldset>
        <legend>Classes</legend>
        <p className="hint">
          Things and stuff are fixed once made. Later the settings add, rename, merge, recolour and retire classes.
        </p>
        <CategoriesEditor categories={draft.categories} change={(categories) => change({ categories })} />
      </fieldset>
      <fieldset>
        <legend>How it is worked on</legend>
        <SettingsFields draft={draft} change={change} />
        <div className="fields">
          <Field label="Preset" hint="How masks are made of strokes. Later a re-labelling changes it.">
            <select value={draft.preset} onChange={(event) => change(withPreset(event.target.value as Preset))}>
              <option value="best">best: for quality</option>
              <option value="paper">paper: the method as published</option>
            </select>
          </Field>
          <Field label="Order" hint="In which images are given out. Fixed once made.">
            <select value={draft.ordering} onChange={(event) => change({ ordering: event.target.value as 'import' })}>
              <option value="import">as imported</option>
              <option value="random">random</option>
            </select>
          </Field>
          <Field
            label="Images begin with"
            hint="A known mask is what the dataset was imported with; a prediction is a model's. Accepted as they are, or corrected. Fixed once made."
          >
            <select value={draft.start} onChange={(event) => change({ start: event.target.value as 'none' })}>
              <option value="none">nothing</option>
              <option value="known">their known masks</option>
              <option value="predicted">predicted masks</option>
            </select>
          </Field>
          {draft.start !== 'none' && (
            <Field label="Their other classes" hint="Classes of these masks that are not listed here.">
              <select value={draft.others} onChange={(event) => change({ others: event.target.value as 'refuse' })}>
                <option value="refuse">are refused</option>
                <option value="background">are background</option>
              </select>
            </Field>
          )}
          {draft.start === 'predicted' && (
            <Field
              label="Set of masks"
              hint="Such as build.ID or campaign-NAME.ID. Empty: what saltworks prelabel predicted last."
            >
              <input value={draft.masks} onChange={(event) => change({ masks: event.target.value })} />
            </Field>
          )}
        </div>
      </fieldset>
      <fieldset>
        <legend>Keys</legend>
        <p className="hint">
          What masks see in the images. Missing keys are computed. Later a re-labelling changes them.
        </p>
        <KeysFields backbones={backbones} draft={draft} change={change} />
      </fieldset>
      <div className="submit">
        <button type="submit" className="main" disabled={busy}>
          {busy ? 'Creating…' : 'Create campaign'}
        </button>
        <p role="alert" className="failure">
          {failure}
        </p>
      </div>
    </form>
  );
}

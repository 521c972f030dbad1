/** Starts a run over a dataset: extract or propagate. */

import { getBackbones } from '@saltworks/contract/api/backbones';
import { type NewRun, postDatasetRuns } from '@saltworks/contract/api/runs';
import { defaultPreset } from '@saltworks/contract/kinds';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { Field } from '../field.tsx';
import { emptyKeys, type KeysDraft, keysOf } from '../keys/draft.ts';
import { KeysFields } from '../keys/keys-fields.tsx';
import { useLoaded } from '../load.ts';

type Draft = KeysDraft & Required<Pick<NewRun, 'kind' | 'preset'>> & { strokes: NonNullable<NewRun['strokes']> | '' };

export function StartRun({ dataset, started }: { dataset: string; started(): void }) {
  const [draft, setDraft] = useState<Draft>({ kind: 'extract', preset: defaultPreset, strokes: '', ...emptyKeys });
  const backbones = useLoaded(getBackbones, {}).value;
  const { failure, attempt } = useAttempt(started);
  const change = (changes: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...changes }));
  const start = (event: React.FormEvent) => {
    event.preventDefault();
    const { kind, preset, strokes } = draft;
    const masks = { preset, ...(strokes !== '' && { strokes }) };
    const run = { kind, ...keysOf(draft), ...(kind === 'propagate' && masks) };
    void attempt(() => ask(postDatasetRuns, { params: { dataset }, body: run }));
  };
  return (
    <form className="run-form" onSubmit={start}>
      <div className="fields">
        <Field label="Start">
          <select value={draft.kind} onChange={(event) => change({ kind: event.target.value as Draft['kind'] })}>
            <option value="extract">Keys of all images</option>
            <option value="propagate">Masks of all scribbles</option>
          </select>
        </Field>
        {draft.kind === 'propagate' && (
          <>
            <Field label="Preset">
              <select
                value={draft.preset}
                onChange={(event) => change({ preset: event.target.value as Draft['preset'] })}
              >
                <option>best</option>
                <option>paper</option>
              </select>
            </Field>
            <Field label="Strokes" hint="Whether every pixel under a stroke keeps its label.">
              <select
                value={draft.strokes}
                onChange={(event) => change({ strokes: event.target.value as Draft['strokes'] })}
              >
                <option value="">as the preset says</option>
                <option value="hold">hold: what is painted stays</option>
                <option value="tolerate">tolerate: the picture may overrule noisy strokes</option>
              </select>
            </Field>
          </>
        )}
      </div>
      <KeysFields backbones={backbones} draft={draft} change={change} />
      <p>
        <button type="submit">Start</button>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}

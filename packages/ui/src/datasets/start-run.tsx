/** Starts a run over a dataset: extract or propagate. */

import { type NewRun, postDatasetRuns } from '@saltworks/contract/api/runs';
import { defaultBackbone, defaultPreset } from '@saltworks/contract/kinds';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';

export function StartRun({ dataset, started }: { dataset: string; started(): void }) {
  const [draft, setDraft] = useState<NewRun>({ kind: 'extract', backbone: defaultBackbone, preset: defaultPreset });
  const { failure, attempt } = useAttempt(started);
  const change = (changes: Partial<typeof draft>) => setDraft((now) => ({ ...now, ...changes }));
  const start = (event: React.FormEvent) => {
    event.preventDefault();
    const { kind, backbone, preset } = draft;
    const run = { kind, backbone, ...(kind === 'propagate' ? { preset } : {}) };
    void attempt(() => ask(postDatasetRuns, { params: { dataset }, body: run }));
  };
  return (
    <form onSubmit={start}>
      <div className="add">
        <label>
          Start
          <select value={draft.kind} onChange={(event) => change({ kind: event.target.value as NewRun['kind'] })}>
            <option value="extract">Keys of all images</option>
            <option value="propagate">Masks of all scribbles</option>
          </select>
        </label>
        <label>
          Backbone
          <input required value={draft.backbone} onChange={(event) => change({ backbone: event.target.value })} />
        </label>
        {draft.kind === 'propagate' && (
          <label className="short">
            Preset
            <select
              value={draft.preset}
              onChange={(event) => change({ preset: event.target.value as NewRun['preset'] })}
            >
              <option>best</option>
              <option>paper</option>
            </select>
          </label>
        )}
        <button type="submit">Start</button>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}

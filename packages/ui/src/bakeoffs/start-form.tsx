/** Starts a bake-off: its variants, and how many images they are tried on. */

import { getBackbones } from '@saltworks/contract/api/backbones';
import { mostSampled, mostVariants, postSubjectBakeoffs } from '@saltworks/contract/api/bakeoffs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { presetNames } from '@saltworks/contract/kinds';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { type SubjectPage, textOf } from '../builds/subject.ts';
import { Field } from '../field.tsx';
import { KeysFields } from '../keys/keys-fields.tsx';
import { useLoaded } from '../load.ts';
import { bakeoffOf, emptyBakeoff, type VariantDraft, withoutVariant, withVariant } from './draft.ts';

interface Props {
  of: Subject;
  subject: SubjectPage;
  started(id: string): void;
}

export function StartForm({ of, subject: { keys, preset }, started }: Props) {
  const [draft, setDraft] = useState(() => emptyBakeoff({ ...keys, ...(preset && { preset }) }));
  const backbones = useLoaded(getBackbones, {}).value;
  const [busy, setBusy] = useState(false);
  const { failure, attempt } = useAttempt(() => setBusy(false));
  const { variants, sample, seed } = draft;
  const change = (key: number, changes: Partial<VariantDraft>) =>
    setDraft((now) => ({
      ...now,
      variants: now.variants.map((one) => (one.key === key ? { ...one, ...changes } : one)),
    }));
  const start = (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    void attempt(async () => {
      const { id } = await ask(postSubjectBakeoffs, { params: { subject: textOf(of) }, body: bakeoffOf(draft) });
      started(id);
    });
  };
  return (
    <form className="run-form wide" onSubmit={start}>
      {variants.map((variant, i) => (
        <fieldset key={variant.key}>
          <legend>{i === 0 ? 'Variant 1, which the others are compared with' : `Variant ${i + 1}`}</legend>
          <KeysFields backbones={backbones} draft={variant} change={(changes) => change(variant.key, changes)} />
          <div className="fields">
            <Field label="Preset">
              <select
                value={variant.preset}
                onChange={(event) => change(variant.key, { preset: event.target.value as VariantDraft['preset'] })}
              >
                {presetNames.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </Field>
          </div>
          {variants.length > 2 && (
            <button
              type="button"
              className="quiet"
              aria-label={`Remove variant ${i + 1}`}
              onClick={() => setDraft((now) => withoutVariant(now, variant.key))}
            >
              Remove
            </button>
          )}
        </fieldset>
      ))}
      {variants.length < mostVariants && (
        <p>
          <button type="button" onClick={() => setDraft(withVariant)}>
            Another variant
          </button>
        </p>
      )}
      <div className="fields">
        <Field label="Images" hint="Of those that were drawn on.">
          <input
            type="number"
            required
            min={1}
            max={mostSampled}
            value={sample}
            onChange={(event) => setDraft((now) => ({ ...now, sample: event.target.value }))}
          />
        </Field>
        <Field label="Seed" hint="Chooses them: the same number, the same images.">
          <input
            type="number"
            required
            min={0}
            value={seed}
            onChange={(event) => setDraft((now) => ({ ...now, seed: event.target.value }))}
          />
        </Field>
      </div>
      <p>
        <button type="submit" disabled={busy}>
          Start
        </button>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}

/** The fields of a campaign's changeable settings. */

import { Field } from '../field.tsx';
import { InstructionsText } from '../instructions.tsx';
import type { SettingsDraft } from './draft.ts';

interface Props {
  draft: SettingsDraft;
  change(changes: Partial<SettingsDraft>): void;
}

export function SettingsFields({ draft, change }: Props) {
  const text = (field: 'annotators' | 'honeypots' | 'deadline' | 'lease' | 'gateWorse' | 'gateChanged') => ({
    value: draft[field],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => change({ [field]: event.target.value }),
  });
  return (
    <>
      <Field label="Instructions" hint="Markdown. Annotators see them before their first image, and whenever they ask.">
        <textarea
          rows={5}
          maxLength={20_000}
          value={draft.instructions}
          onChange={(event) => change({ instructions: event.target.value })}
        />
      </Field>
      {draft.instructions.trim() && (
        <section className="preview" aria-label="As annotators see them">
          <small>As annotators see them</small>
          <InstructionsText text={draft.instructions} />
        </section>
      )}
      <div className="fields">
        <Field label="Overlap: annotators an image" hint="From two on, their agreement is measured.">
          <input type="number" min={1} max={100} required {...text('annotators')} />
        </Field>
        <Field label="Ground truth mixed in, % of images" hint="Their masks are compared with the dataset’s own.">
          <input type="number" min={0} max={100} step="any" required {...text('honeypots')} />
        </Field>
        <Field label="Deadline" hint="After it no image is given out. May be left empty.">
          <input type="datetime-local" {...text('deadline')} />
        </Field>
        <Field label="Lease of an image, minutes" hint="Untouched for so long, it goes to somebody else.">
          <input type="number" min={0.1} max={1440} step="any" required {...text('lease')} />
        </Field>
        <Field label="Strokes" hint="Whether every pixel under a stroke keeps its label. From the next stroke on.">
          <select value={draft.strokes} onChange={(event) => change({ strokes: event.target.value as 'hold' })}>
            <option value="hold">hold: what is painted stays</option>
            <option value="tolerate">tolerate: the picture may overrule noisy strokes</option>
          </select>
        </Field>
        <Field
          label="New masks may be worse by"
          hint="A new build is held for a person if its mean IoU with known or accepted masks falls by more than this, 0 to 1."
        >
          <input type="number" min={0} max={1} step="any" required {...text('gateWorse')} />
        </Field>
        <Field
          label="Segments may change by, %"
          hint="A new build is held for a person if its segments differ by more than this from those shown: 1 − their mean IoU."
        >
          <input type="number" min={0} max={100} step="any" required {...text('gateChanged')} />
        </Field>
      </div>
      <label className="check">
        <input type="checkbox" checked={draft.blind} onChange={(event) => change({ blind: event.target.checked })} />
        Annotators of one image know nothing of one another
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.complete}
          onChange={(event) => change({ complete: event.target.checked })}
        />
        Nothing may be left unlabelled: every pixel belongs to a segment before an image is handed in
      </label>
    </>
  );
}

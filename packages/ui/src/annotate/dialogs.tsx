/** Dialogs over the workbench. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { Fragment, useState } from 'react';
import { Dialog } from '../dialog.tsx';
import { InstructionsText } from '../instructions.tsx';

interface InstructionsProps {
  text: string;
  /** Those that are offered. */
  classes: readonly LabelCategory[];
  close(): void;
}

export function Instructions({ text, classes, close }: InstructionsProps) {
  const described = classes.filter(({ description }) => description);
  return (
    <Dialog title="Instructions" close={close}>
      <InstructionsText
        text={text || 'None were given. Draw a stroke or two on every thing, and one on what is around them.'}
      />
      {described.length > 0 && (
        <dl className="facts">
          {described.map(({ id, name, description }) => (
            <Fragment key={id}>
              <dt>{name}</dt>
              <dd>{description}</dd>
            </Fragment>
          ))}
        </dl>
      )}
    </Dialog>
  );
}

const reasons = ['Nothing to label', 'Unclear what is meant', 'Broken picture'];

export function Skip({ close, skip }: { close(): void; skip(reason: string): void }) {
  const [reason, setReason] = useState(reasons[0]);
  return (
    <Dialog title="Skip this image" close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          skip(reason);
        }}
      >
        <label>
          Why?
          <input
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            list="reasons"
            required
            maxLength={500}
          />
        </label>
        <datalist id="reasons">
          {reasons.map((reason) => (
            <option key={reason}>{reason}</option>
          ))}
        </datalist>
        <button type="submit" className="main">
          Skip
        </button>
      </form>
    </Dialog>
  );
}

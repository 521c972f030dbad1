/** Dialogs over the workbench. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { Fragment, useState } from 'react';
import { ClassPictures } from '../class-pictures.tsx';
import { Dialog } from '../dialog.tsx';
import { InstructionsText } from '../instructions.tsx';

interface InstructionsProps {
  campaign: string;
  text: string;
  /** Those that are offered. */
  classes: readonly LabelCategory[];
  close(): void;
}

export function Instructions({ campaign, text, classes, close }: InstructionsProps) {
  const described = classes.filter(({ description, pictures }) => description || pictures?.length);
  return (
    <Dialog title="Instructions" close={close}>
      <InstructionsText
        text={text || 'None were given. Draw a stroke or two on every thing, and one on what is around them.'}
      />
      {described.length > 0 && (
        <dl className="facts">
          {described.map((category) => (
            <Fragment key={category.id}>
              <dt>{category.name}</dt>
              <dd>
                {category.description}
                <ClassPictures campaign={campaign} category={category} />
              </dd>
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

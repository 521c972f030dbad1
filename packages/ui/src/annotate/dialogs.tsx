/** Dialogs over the workbench. */
import { useState } from 'react';
import { Dialog } from '../dialog.tsx';
import { InstructionsText } from '../instructions.tsx';

export function Instructions({ text, close }: { text: string; close(): void }) {
  return (
    <Dialog title="Instructions" close={close}>
      <InstructionsText
        text={text || 'None were given. Draw a stroke or two on every thing, and one on what is around them.'}
      />
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

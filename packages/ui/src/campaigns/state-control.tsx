/** Pauses, resumes and closes a campaign. */

import { type Campaign, patchCampaign } from '@saltworks/contract/api/campaigns';
import { useState } from 'react';
import { ask } from '../api.ts';

const meaning = {
  open: 'Open: images are given out.',
  paused: 'Paused: no image is given out; whoever holds one may finish it.',
  closed: 'Closed: the work is over. It can be opened again.',
};

type State = Campaign['state'];
const moves: Record<State, { to: State; name: string }[]> = {
  open: [
    { to: 'paused', name: 'Pause' },
    { to: 'closed', name: 'Close' },
  ],
  paused: [
    { to: 'open', name: 'Resume' },
    { to: 'closed', name: 'Close' },
  ],
  closed: [{ to: 'open', name: 'Open again' }],
};

/** Pauses an open campaign, reopens any other. */
export const pauseOrResume = (): void => document.querySelector<HTMLElement>('.state button')?.click();

export function StateControl({ campaign: { id, state }, changed }: { campaign: Campaign; changed(): void }) {
  const [failure, setFailure] = useState('');
  const move = (to: State) =>
    ask(patchCampaign, { params: { campaign: id }, body: { state: to } }).then(
      () => {
        setFailure('');
        changed();
      },
      (error) => setFailure(error.message),
    );
  return (
    <div className="state">
      <p role="status">{failure || meaning[state]}</p>
      <span className="buttons">
        {moves[state].map(({ to, name }) => (
          <button key={to} type="button" onClick={() => void move(to)}>
            {name}
          </button>
        ))}
      </span>
    </div>
  );
}

/** Switches whether a campaign's labels hear the corpus. */

import { type Campaign, patchCampaign } from '@saltworks/contract/api/campaigns';
import { useState } from 'react';
import { ask } from '../api.ts';

export function CorpusControl({ campaign, changed }: { campaign: Campaign; changed(): void }) {
  const { id, corpus, solve } = campaign;
  const [said, setSaid] = useState<{ failure?: string; done?: string }>({});
  const hears = corpus === 'on';
  const change = (to: Campaign['corpus']) =>
    ask(patchCampaign, { params: { campaign: id }, body: { corpus: to } }).then(
      (now) => {
        setSaid({ done: hears && now.solve.corpus === solve.corpus ? 'It is the newest already.' : 'Saved.' });
        changed();
      },
      (error) => setSaid({ failure: error.message }),
    );
  return (
    <>
      <p className="hint">
        What strokes on all images teach joins each image’s own, as far as it names them right. Strokes always win. It
        is what the pre-labels of {campaign.dataset} taught, and stays the same until a newer one is taken. From the
        next image on.
      </p>
      <label className="check">
        <input type="checkbox" checked={hears} onChange={() => void change(hears ? 'off' : 'on')} />
        Hear the corpus
      </label>
      {hears && (
        <p>
          <button type="button" onClick={() => void change('on')}>
            Take the newest
          </button>{' '}
          <small>
            Heard now: <code>{solve.corpus?.slice(0, 16)}</code>
          </small>
        </p>
      )}
      <p role="alert" className="failure">
        {said.failure}
      </p>
      <p role="status">{said.done}</p>
    </>
  );
}

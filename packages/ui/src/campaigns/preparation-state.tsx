/** Why images cannot be annotated yet, for managers, with a button to retry. */
import { getCampaignPreparation, postCampaignPreparation } from '@saltworks/contract/api/runs';
import { failingText, waitingText } from '@saltworks/contract/run-state';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';

const everyMs = 5_000;

export function PreparationState({ campaign }: { campaign: string }) {
  const place = { params: { campaign } };
  // Only managers may ask for the reason; reviewers read that more are coming.
  const { value, again } = useLoaded(getCampaignPreparation, place, everyMs);
  const { failure, attempt } = useAttempt(again);
  if (!value || value.state === 'done') {
    return <p className="hint">More images are being prepared; they join as they are ready.</p>;
  }
  const { state, reason, waiting, failing } = value;
  return (
    <>
      <p className="hint">
        {state === 'running'
          ? 'More images are being prepared; they join as they are ready.'
          : 'More images wait to be prepared.'}
      </p>
      <p role="alert" className="failure">
        {state === 'failed' && `Their preparation failed: ${reason}. `}
        {waiting && waitingText(waiting)} {failing && failingText(failing)} {failure}
      </p>
      {state !== 'running' && (
        <button type="button" onClick={() => void attempt(() => ask(postCampaignPreparation, place))}>
          Prepare again
        </button>
      )}
    </>
  );
}

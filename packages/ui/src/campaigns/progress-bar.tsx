/** A campaign's progress bar: images submitted, and accepted. */
import type { CampaignProgress } from '@saltworks/contract/api/campaigns';
import { count, counted, percent } from '../plots/figures.ts';

interface Props {
  progress: CampaignProgress | undefined;
  label: string;
  large?: boolean;
}

export function ProgressBar({ progress, label, large }: Props) {
  const { tasks = 0, done = 0, accepted = 0 } = progress ?? {};
  const width = (images: number) => ({ width: `${(100 * images) / Math.max(1, tasks)}%` });
  return (
    <div className={large ? 'progress-line large' : 'progress-line'}>
      <div className="meter" role="img" aria-label={`${label}: ${progress ? describe(progress) : 'not known yet'}`}>
        <span className="handed-in" style={width(done)} />
        <span className="accepted" style={width(accepted)} />
      </div>
      {progress ? <span>{describe(progress)}</span> : <span className="hint">…</span>}
    </div>
  );
}

/** "6 of 8 images handed in (75 %), 2 accepted; 4 masks wait for review". */
export function describe({ tasks, done, accepted, filled, assignments }: CampaignProgress): string {
  const waiting = assignments.submitted ?? 0;
  return [
    `${count(done)} of ${counted(tasks, 'image')} handed in`,
    tasks > 0 && done > 0 ? ` (${percent(done / tasks)})` : '',
    accepted > 0 ? `, ${count(accepted)} accepted` : '',
    waiting > 0 ? `; ${counted(waiting, 'mask')} ${waiting === 1 ? 'waits' : 'wait'} for review` : '',
    filled ? '' : '; more are being prepared',
  ].join('');
}

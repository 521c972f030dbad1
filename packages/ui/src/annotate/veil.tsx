/** The cover over an image whose assignment is no longer this annotator's. */
import type { AssignmentState } from '@saltworks/contract/api/states';
import { endings } from './status.ts';

interface Props {
  state: AssignmentState;
  /** Opens the next image that the server gives; this one again if it is still wanted. */
  next(): void;
}

export function Veil({ state, next }: Props) {
  return (
    <div className="ended" role="alert">
      <p>{endings[state]}</p>
      <button type="button" className="main" onClick={next}>
        Next image
      </button>
      <a href="/">All campaigns</a>
    </div>
  );
}

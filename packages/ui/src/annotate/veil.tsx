/** What lies over a picture that is not ours to draw in. */
import type { AssignmentState } from '@saltworks/contract/api/answers';
import { endings } from './status.ts';

interface Props {
  state: AssignmentState;
  /** On to what the server gives next: this image again, if it is still to be done. */
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

/** The line under the picture. */
import { type Labelling, statusOf } from './status.ts';

/** Screen readers are told what is new, not that labels followed the pen once more. */
export function StatusLine(props: Labelling) {
  const { said, shown } = statusOf(props);
  return (
    <>
      <p className="status" aria-hidden="true">
        {shown}
      </p>
      <p className="unseen" role="status">
        {said}
      </p>
    </>
  );
}

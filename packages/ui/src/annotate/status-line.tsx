/** The line under the picture. */
import { type Labelling, statusOf } from './status.ts';

/** Screen readers announce what is new, not each time labels follow the pen. */
export function StatusLine(props: Labelling) {
  const { said, shown, remark } = statusOf(props);
  return (
    <>
      <p className="status" aria-hidden="true" title={remark}>
        {shown}
      </p>
      <p className="unseen" role="status">
        {said}
      </p>
    </>
  );
}

/** Which build the annotator corrects, and that another one is shown by now. */
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import { keysText } from '@saltworks/contract/keys-text';
import { moment } from '../plots/figures.ts';

export function Correcting({ keys, build, newer }: Pick<OpenAssignment, 'keys' | 'build' | 'newer'>) {
  if (!build && !newer) return null;
  const corrected = build
    ? `You correct the build ${build.id}, shown since ${moment(build.since)}. Its labels come from keys of ${keysText(keys)}.`
    : `Your labels come from keys of ${keysText(keys)}.`;
  const later = newer
    ? ` The build ${newer.id} is shown since ${moment(newer.since)}: this image goes on as it is, the next one is drawn on the new keys.`
    : '';
  return (
    <span className="build" title={corrected + later}>
      {build && `Build ${build.id.slice(0, 8)}`}
      <span role="status">{newer && `${build ? ' · ' : ''}a newer build is shown`}</span>
    </span>
  );
}

/** How good the labels are likely to be, in words. */
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import { predictedQuality } from '@saltworks/core/help/quality';

/** @param expected the IoU that node scores let expect, 0 … 1 */
export function qualityText(expected: number, accepted: OpenAssignment['accepted']): string {
  const about = `About ${Math.round(100 * predictedQuality(expected))} % right`;
  const enough = accepted !== null && 1 - expected <= accepted.uncertainty;
  return enough ? `${about}: as good as your reviewers accept.` : `${about}.`;
}

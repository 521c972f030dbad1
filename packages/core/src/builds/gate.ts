/** Whether a build may be shown without a look: what the comparison with the build of before says, in words. */
import {
  type Comparison,
  defaultThresholds,
  type Gate,
  type GateThresholds,
} from '@saltworks/contract/documents/comparisons';

/** What of a comparison the gate looks at. */
export type Judged = Pick<Comparison, 'removed' | 'failed' | 'iou' | 'known' | 'accepted' | 'offered'>;

/**
 * The gate is open unless masks got worse where the truth is known, changed much, or went missing.
 *
 * @param failed images of the new build whose masks could not be made: they were not compared, either
 * @param thresholds that differ from the defaults
 */
export function gateOf(
  comparison: Judged,
  { failed = 0, thresholds = {} }: { failed?: number; thresholds?: Partial<GateThresholds> } = {},
): Gate {
  const { worse = defaultThresholds.worse, changed: most = defaultThresholds.changed } = thresholds;
  const limits = { worse, changed: most };
  const { removed, known, accepted, offered } = comparison;
  const incomparable = Math.max(0, comparison.failed - failed);
  const fell = (judged: Comparison['known'], what: string) =>
    judged &&
    judged.before - judged.after > limits.worse &&
    `masks of ${counted(judged.images, what)} fell from ${iou(judged.before)} to ${iou(judged.after)} mean IoU; at most ${iou(limits.worse)} is allowed without a look`;
  const changed = (alike: number, what: string) =>
    1 - alike > limits.changed &&
    `${what} by ${percent(1 - alike)} (1 − mean IoU); at most ${percent(limits.changed)} may without a look`;
  const reasons = [
    fell(known, 'known image'),
    fell(accepted, 'accepted image'),
    changed(comparison.iou, 'segments changed'),
    offered && changed(offered.iou, `segments of ${counted(offered.images, 'kept image')} would change`),
    failed > 0 && `masks of ${counted(failed, 'image')} could not be made; none may be missing without a look`,
    removed > 0 &&
      `${counted(removed, 'image')} lost ${removed === 1 ? 'its mask' : 'their masks'}; none may without a look`,
    incomparable > 0 &&
      `masks of ${counted(incomparable, 'image')} could not be compared; none may be shown without a look`,
  ].filter((reason) => typeof reason === 'string');
  return { open: reasons.length === 0, reasons, thresholds: limits };
}

const iou = (value: number): string => value.toFixed(3);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

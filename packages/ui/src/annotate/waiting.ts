/** Which segments of a model wait for somebody to say that they are right, or to correct them. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import { regionArea } from '@saltworks/contract/documents/run-lengths';

/**
 * Ids of the segments that were predicted, and are as they were: nobody accepted them, drew them, or took pixels from them.
 *
 * @param areas pixels by segment, once they are known
 */
export function waitingOf(
  { segments, strokes }: Pick<Drawing, 'segments' | 'strokes'>,
  areas?: ReadonlyMap<number, number>,
): ReadonlySet<number> {
  const predicted = segments.filter(({ origin, accepted }) => origin === 'predicted' && !accepted);
  return new Set(
    predicted.flatMap(({ id }) => {
      const own = strokes.filter(({ segment }) => segment === id);
      // A merge joins what was given apart.
      const [{ region, origin } = {}, ...more] = own;
      const isWhole = !areas || (region !== undefined && areas.get(id) === regionArea(region));
      return origin === 'predicted' && more.length === 0 && isWhole ? [id] : [];
    }),
  );
}

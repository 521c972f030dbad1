/** The one place where a message becomes a value of its type. */
import * as z from '../zod.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

/**
 * Checks a message.
 *
 * @param name for the reason: `request of extractShard`
 * @returns the value itself
 * @throws TypeError, which is not retried: sent again, the message would be the same
 */
export function received<T>(name: string, schema: z.Schema<T>, value: unknown): T {
  const checked = z.safeParse(schema, value);
  if (checked.success) return value as T;
  const [{ path, message }] = checked.error.issues;
  throw new TypeError(`${[name, ...path].join('.')}: ${message}`);
}

/** The same activities, each of which checks its request before it begins. */
export function receiving<D extends ActivityDefinitions>(
  definitions: D,
  activities: Partial<ActivitiesOf<D>>,
): Record<string, (request: unknown) => Promise<unknown>> {
  return Object.fromEntries(
    Object.entries(activities).map(([type, activity]) => [
      type,
      async (request: unknown) => activity?.(received(`request of ${type}`, definitions[type].request, request)),
    ]),
  );
}

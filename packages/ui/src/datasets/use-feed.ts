/** A feed in a component: a new one for each address, closed with it. */
import type { Page } from '@saltworks/contract/api/fields';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Feed, type FeedState } from './feed.ts';

/** @param address tells lists apart: `read` may be another function at every rendering */
export function useFeed<T>(
  address: string,
  read: (after: string | null) => Promise<Page<T>>,
): { feed?: Feed<T>; state?: FeedState; look(first: number, last: number): void } {
  const [feed, setFeed] = useState<Feed<T>>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address says which list it reads
  useEffect(() => {
    const made = new Feed<T>(read);
    setFeed(made);
    return () => made.close();
  }, [address]);
  const state = useSyncExternalStore(
    useCallback((told) => feed?.subscribe(told) ?? (() => {}), [feed]),
    () => feed?.state,
  );
  const look = useCallback((first: number, last: number) => feed?.look(first, last), [feed]);
  return { feed, state, look };
}

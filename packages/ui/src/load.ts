/** Something read from the server for a page. */
import { useCallback, useEffect, useState } from 'react';
import { api } from './api.ts';

export interface Loaded<T> {
  value?: T;
  error?: Error;
  again(): void;
}

/** @param every milliseconds after which it is read again, while somebody looks; default never */
export function useLoaded<T>(path: string, every?: number): Loaded<T> {
  const [state, setState] = useState<{ path?: string; value?: T; error?: Error }>({});
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn reads again
  useEffect(() => {
    let closed = false;
    const read = () =>
      api<T>('GET', path).then(
        (value) => !closed && setState({ path, value }),
        // What was read stays, if it was of the same path.
        (error) => !closed && setState((now) => (now.value !== undefined && now.path === path ? now : { error })),
      );
    void read();
    const timer = every ? setInterval(() => document.visibilityState === 'visible' && read(), every) : undefined;
    return () => {
      closed = true;
      clearInterval(timer);
    };
  }, [path, every, turn]);
  const again = useCallback(() => setTurn((now) => now + 1), []);
  return { value: state.value, error: state.error, again };
}

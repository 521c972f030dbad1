/** Data that a page loads from the server. */
import { useCallback, useEffect, useState } from 'react';
import { api } from './api.ts';

export interface Loaded<T> {
  value?: T;
  error?: Error;
  again(): void;
}

/** @param every milliseconds between reloads while the page is visible; default never */
export function useLoaded<T>(path: string, every?: number): Loaded<T> {
  const [state, setState] = useState<{ path?: string; value?: T; error?: Error }>({});
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn reloads
  useEffect(() => {
    let closed = false;
    const read = () =>
      api<T>('GET', path).then(
        (value) => !closed && setState({ path, value }),
        // Keep the data if it is of the same path.
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

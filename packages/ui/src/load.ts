/** Something read from the server for a page. */
import { useCallback, useEffect, useState } from 'react';
import { api } from './api.ts';

export interface Loaded<T> {
  value?: T;
  error?: Error;
  again(): void;
}

/** @param every milliseconds after which it is read again; default never */
export function useLoaded<T>(path: string, every?: number): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: Error }>({});
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn reads again
  useEffect(() => {
    let closed = false;
    const read = () =>
      api<T>('GET', path).then(
        (value) => !closed && setState({ value }),
        (error) => !closed && setState((now) => (now.value ? now : { error })),
      );
    void read();
    const timer = every ? setInterval(read, every) : undefined;
    return () => {
      closed = true;
      clearInterval(timer);
    };
  }, [path, every, turn]);
  const again = useCallback(() => setTurn((now) => now + 1), []);
  return { ...state, again };
}

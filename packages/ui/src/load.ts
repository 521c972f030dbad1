/** Data that a page loads from the server. */
import { type AnswerOf, addressOf, type Given, type JsonEndpoint } from '@saltworks/contract/api/endpoint';
import { useCallback, useEffect, useState } from 'react';
import { ask } from './api.ts';

export interface Loaded<T> {
  value?: T;
  error?: Error;
  again(): void;
}

/** @param every milliseconds between reloads while the page is visible; default never */
export function useLoaded<E extends JsonEndpoint>(endpoint: E, given: Given<E>, every?: number): Loaded<AnswerOf<E>> {
  const [state, setState] = useState<{ address?: string; value?: AnswerOf<E>; error?: Error }>({});
  const [turn, setTurn] = useState(0);
  const address = addressOf(endpoint, given);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address says which endpoint and what is given; each turn reloads
  useEffect(() => {
    let closed = false;
    const read = () =>
      ask(endpoint, given).then(
        (value) => !closed && setState({ address, value }),
        // Keep the data if it is of the same address.
        (error) => !closed && setState((now) => (now.value !== undefined && now.address === address ? now : { error })),
      );
    void read();
    const timer = every ? setInterval(() => document.visibilityState === 'visible' && read(), every) : undefined;
    return () => {
      closed = true;
      clearInterval(timer);
    };
  }, [address, every, turn]);
  const again = useCallback(() => setTurn((now) => now + 1), []);
  return { value: state.value, error: state.error, again };
}

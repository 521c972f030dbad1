/** Something that the server may refuse, as people do it: what it said stays until it is tried again. */
import { useState } from 'react';

/** @param after each try, whatever came of it */
export function useAttempt(after: () => void) {
  const [failure, setFailure] = useState('');
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
      setFailure('');
    } catch (error) {
      setFailure((error as Error).message);
    }
    after();
  };
  return { failure, attempt };
}

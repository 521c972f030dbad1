/** An action that the server may refuse; its reason shows until the next try. */
import { useState } from 'react';

/** @param after called after each try, successful or not */
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

export interface Repeated {
  /** Does the work now instead of later, unless it is under way. */
  now(): void;
  stop(): void;
}

/**
 * Does work again and again, now and `ms` after each end.
 *
 * @param log receives a failure's message, once while it stays the same
 */
export function repeat(ms: number, work: () => Promise<unknown>, log: (message: string) => void): Repeated {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let logged = '';
  const turn = async () => {
    if (running || stopped) return;
    running = true;
    await work().then(
      () => {
        logged = '';
      },
      ({ message }: Error) => {
        if (message !== logged) log(message);
        logged = message;
      },
    );
    running = false;
    if (!stopped) timer = setTimeout(turn, ms);
  };
  void turn();
  return {
    now() {
      clearTimeout(timer);
      void turn();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Task queues: who polls what. */
export const queues = {
  /** Workflows: the server. */
  workflows: 'saltworks-workflows',
  /** Inference: workers with a backbone. */
  extract: 'saltworks-extract',
  /** Solving, import and export: any worker. */
  propagate: 'saltworks-propagate',
} as const;

/** Task queues: who polls what. */
export const queues = {
  /** Workflows: the server. */
  workflows: 'saltworks-workflows',
  /** Inference: workers with a backbone. */
  extract: 'saltworks-extract',
  /** Solving and export: any worker. */
  propagate: 'saltworks-propagate',
  /** Opening images for annotators: any worker; each also has a queue of its own for the images that it holds. */
  annotate: 'saltworks-annotate',
  /** Small copies of images that nobody opened: workers of annotators, a few images at a time, in nobody's way. */
  views: 'saltworks-views',
  /** What workflows ask of the server itself. */
  server: 'saltworks-server',
} as const;

/** The command that polls a queue. */
export const pollers: Record<string, string> = {
  [queues.workflows]: 'saltworks server',
  [queues.server]: 'saltworks server',
  [queues.extract]: 'saltworks worker --roles extract',
  [queues.propagate]: 'saltworks worker --roles propagate',
  [queues.annotate]: 'saltworks worker --roles annotate',
  [queues.views]: 'saltworks worker --roles annotate',
};

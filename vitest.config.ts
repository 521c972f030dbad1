import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What is polled for comes when it comes: on a busy machine not within the second that is usual. */
const expect = { poll: { timeout: 20_000 } };
/** As the command sets it. */
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** Suites in the order they run: unit tests beside each package, then what crosses packages, then whole journeys. */
export default defineConfig({
  test: {
    // Much of what tests do is to wait for databases, stores and servers: two go on beside each other on two cores, too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env,
          expect,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
          expect,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          setupFiles: ['e2e/log-watch.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          env,
          expect,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

/** Takes the place of Node's modules, or takes long: not for every check, but for every test. */
const THOROUGH = [
  'src/storage/*-faults.test.ts',
  'src/storage/*-crash.test.ts',
  'test/security/**/*.test.ts',
  'test/exchange/**/*.test.ts',
];

const PROPERTY_SEED = './test/support/property-seed.ts';

export default defineConfig({
  test: {
    // The default leaves one core idle, which is half of a small machine.
    maxWorkers: '100%',
    reporters: ['default', './test/totals-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/architecture.test.ts'],
          exclude: THOROUGH,
          setupFiles: PROPERTY_SEED,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          // Files share the modules of their worker: loading them anew for each takes a third of the time.
          isolate: false,
        },
      },
      { test: { name: 'thorough', include: THOROUGH, setupFiles: PROPERTY_SEED, testTimeout: 30_000 } },
      {
        test: {
          name: 'command-line',
          include: ['test/command-line/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
    ],
  },
});

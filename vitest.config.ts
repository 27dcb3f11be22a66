import { defineConfig } from 'vitest/config';

/**
 * Takes the place of Node's modules, starts processes, loads every exchange of ccxt, judges years of candles, or trains many
 * networks: not for every check, but for every test.
 */
const THOROUGH = [
  'src/checks/audit-real-candles.test.ts',
  'src/doctor/{error-drift,feature-drift,learning,lstm-gates,overfitting}-check.test.ts',
  'src/lstm/engines/native/binding.test.ts',
  'src/sources/ccxt/*.test.ts',
  'src/storage/*-faults.test.ts',
  'src/storage/*-crash.test.ts',
  // Counts the bytes of its process: it needs one of its own.
  'src/storage/candle-store-effort.test.ts',
  'src/training/simulated-skill.test.ts',
  'test/policy/supply-chain.test.ts',
  'test/security/**/*.test.ts',
  'test/exchange/**/*.test.ts',
];

/** Ends what hangs, on the busiest machine: no test may be measured by it. */
const HANG_GUARD = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  teardownTimeout: 60_000,
  expect: { poll: { timeout: 60_000, interval: 20 } },
};

const SETUP = './test/support/setup.ts';

export default defineConfig({
  test: {
    // The default leaves one core idle, which is half of a small machine.
    maxWorkers: '100%',
    reporters: ['default', './test/totals-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/architecture.test.ts', 'test/policy/**/*.test.ts'],
          exclude: THOROUGH,
          setupFiles: SETUP,
          ...HANG_GUARD,
          // Files share the modules of their worker: loading them anew for each takes a third of the time.
          isolate: false,
        },
      },
      { test: { name: 'thorough', include: THOROUGH, setupFiles: SETUP, ...HANG_GUARD } },
      {
        test: {
          name: 'command-line',
          include: ['test/command-line/**/*.test.ts'],
          setupFiles: SETUP,
          ...HANG_GUARD,
          isolate: false,
        },
      },
      { test: { name: 'browser', include: ['test/browser/**/*.test.ts'], setupFiles: SETUP, ...HANG_GUARD } },
    ],
  },
});

import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints the run's totals as one plain line, which any CI can read: `N passed, N failed, N skipped`. Before it stands why
 * tests were skipped: `20 skipped: real candles absent (../shared/market-data) 18, Chromium absent (/usr/bin/chromium) 2`.
 */
export default class TotalsReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') counts[state] += 1;
        if (state !== 'skipped') continue;
        const reason = skipReasonOf(test);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      if (!module.ok() && module.errors().length > 0) counts.failed += 1;
    }
    const told = [...reasons].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} ${count}`);
    if (told.length > 0) console.log(`\n${counts.skipped} skipped: ${told.join(', ')}`);
    console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

/** Given by `ctx.skip(reason)`, or by `needs` of the test or of a group around it. */
function skipReasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined) return result.note;
  for (let task: TestCase | TestCase['parent'] = test; ; task = task.parent) {
    const { skipReason } = task.meta();
    if (skipReason !== undefined) return skipReason;
    if (task.type === 'module') return test.options.mode === 'run' ? 'left out by a filter' : 'no reason given';
  }
}

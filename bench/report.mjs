import { nameShape } from './shapes.mjs';

/** Tables for people, on the standard output. */
export function printRates(results) {
  for (const { shape, mode, rows } of results) {
    console.log(`\n${nameShape(shape)}, ${mode === 'train' ? 'training' : 'inference'}`);
    const peers = rows.filter((row) => row.shareOfPeak === undefined);
    const header = [
      '',
      'sequences/s',
      'mean ± std',
      'GFLOP/s',
      'of peak',
      ...peers.map(({ contender }) => `× ${contender}`),
    ];
    const lines = rows.map((row) => {
      const { best, mean, std } = row.sequencesPerSecond;
      return [
        row.name,
        formatRate(best),
        `${formatRate(mean)} ± ${formatRate(std)}`,
        row.gflops.toFixed(1),
        row.shareOfPeak === undefined ? '' : `${(100 * row.shareOfPeak).toFixed(0)} % of ${row.peakGflops.toFixed(0)}`,
        ...peers.map((peer) => (best / peer.sequencesPerSecond.best).toFixed(2)),
      ];
    });
    printTable([header, ...lines]);
  }
}

export function printThreads(threads, regularised) {
  console.log('\nTwo threads of one network, sequences/s (mean of the rounds; median of the ratios)');
  printTable([
    ['', 'one thread', 'two threads', 'two processes', 'threads / processes', 'dropout and clipping add'],
    ...threads.map(({ shape, oneThread, twoThreads, twoProcesses, ratio }, index) => [
      nameShape(shape),
      formatRate(oneThread.mean),
      formatRate(twoThreads.mean),
      formatRate(twoProcesses.mean),
      ratio.toFixed(2),
      `${(100 * regularised[index].extraTime).toFixed(1)} %`,
    ]),
  ]);
}

export function printLatency({ shape, rows }) {
  console.log(`\nOne prediction, T ${shape.window}, H ${shape.hidden}`);
  printTable([
    ['', 'fastest', 'mean'],
    ...rows.map(({ name, bestMicroseconds, meanMicroseconds }) => [
      name,
      `${bestMicroseconds.toFixed(0)} µs`,
      `${meanMicroseconds.toFixed(0)} µs`,
    ]),
  ]);
}

function formatRate(value) {
  return value >= 100 ? Math.round(value).toLocaleString('en-GB') : value.toPrecision(2);
}

function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    );
  }
}

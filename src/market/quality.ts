/**
 * What is wrong, odd or missing in a series of candles. Nothing is repaired here: docs/data.md says what becomes of each
 * finding.
 */

import { shareOf } from '../core/statistics.js';
import { type CandleSeries, findGaps, type Gap, rowCountOf } from './candle-series.js';
import { findDeadMarket } from './dead-market.js';
import { estimateEffectiveSpread } from './effective-spread.js';
import { INTERVAL_MS } from './interval.js';
import { describeFindings } from './quality/findings.js';
import { classifyGaps } from './quality/halts.js';
import { looksImplausible } from './quality/implausible-prices.js';
import type { ImportFaults } from './quality/import-faults.js';
import { findJumps } from './quality/jumps.js';
import { findMixtures } from './quality/mixtures.js';
import { findPriceBreaks } from './quality/price-breaks.js';
import { findQuietCandles } from './quality/quiet-candles.js';
import type { QualityReport } from './quality/report.js';
import { findRejectedRows } from './quality/row-faults.js';
import { checkVolumeUnits } from './quality/volume-units.js';
import { findWicks } from './quality/wicks.js';
import { measureTickSize } from './tick-size.js';

export interface QualityOptions {
  readonly nowMs: number;
  /** What an import saw, or what lies in quarantine, to be reported with the rest. */
  readonly imported?: ImportFaults;
  /** This computer's clock minus the exchange's, where it was measured. */
  readonly clockOffsetMs?: number;
}

/**
 * Examines a series. Pure; the list of findings is empty for a whole, current, unremarkable series.
 *
 * @example checkCandles(series, { nowMs: Date.now() }).findings.map((finding) => finding.message)
 */
export function checkCandles(
  series: CandleSeries,
  { nowMs, imported = {}, clockOffsetMs }: QualityOptions,
): QualityReport {
  const rowCount = rowCountOf(series);
  const lengthMs = INTERVAL_MS[series.interval];
  const gapList = findGaps(series);
  const missingRows = gapList.reduce((sum, gap) => sum + gap.missingRows, 0);
  const missingShare = shareOf(missingRows, rowCount + missingRows);
  const unsound = findRejectedRows(series).rejected;
  const rejected = [...unsound, ...(imported.rejected ?? [])];
  const offGridRows = rejected.filter(({ fault }) => fault === 'off-grid').length;
  const quiet = findQuietCandles(series);
  const zeroVolumeShare = shareOf(quiet.zeroVolume.length, rowCount);
  const { threshold, jumps } = findJumps(series);
  const breaks = findPriceBreaks(series);
  const wicks = findWicks(series);
  const lastCloseMs = rowCount === 0 ? null : series.openTimeMs[rowCount - 1] + lengthMs;
  const report = {
    symbol: series.symbol,
    interval: series.interval,
    rowCount,
    firstOpenTimeMs: rowCount === 0 ? null : series.openTimeMs[0],
    lastOpenTimeMs: rowCount === 0 ? null : series.openTimeMs[rowCount - 1],
    gaps: { count: gapList.length, missingRows, missingShare, longest: longestOf(gapList), list: gapList },
    filledRows: quiet.filled.length,
    filledShare: shareOf(quiet.filled.length, rowCount),
    duplicateRows: imported.duplicateRows ?? null,
    conflictingTimes: imported.conflictingTimes ?? null,
    offGridRows,
    ohlcErrorRows: rejected.length - offGridRows,
    zeroVolumeRows: quiet.zeroVolume.length,
    zeroVolumeShare,
    flatRows: quiet.flat.length,
    flatShare: shareOf(quiet.flat.length, rowCount),
    jumpThreshold: threshold,
    jumps,
    outlierRows: new Set([
      ...jumps.map((jump) => jump.openTimeMs),
      ...[...wicks, ...breaks].map(({ row }) => series.openTimeMs[row]),
    ]).size,
    tickSize: measureTickSize(series) ?? null,
    effectiveSpread: estimateEffectiveSpread(series) ?? null,
    lastClosedAgeIntervals: lastCloseMs === null ? null : (nowMs - lastCloseMs) / lengthMs,
    clockOffsetMs: clockOffsetMs ?? null,
  };
  const findings = describeFindings(report, {
    series,
    nowMs,
    halts: classifyGaps(series, gapList, quiet.zeroVolume.length, missingShare),
    isUnsound: unsound.length > 0,
    rejected,
    quiet,
    volumeUnits: checkVolumeUnits(series),
    breaks,
    wicks,
    deadMarket: findDeadMarket(series),
    mixtures: findMixtures(series),
    isImplausible: looksImplausible({ missingShare, zeroVolumeShare, breaks }),
    imported,
  });
  return { ...report, findings };
}

function longestOf(gaps: readonly Gap[]): Gap | null {
  return gaps.reduce<Gap | null>((most, gap) => (gap.missingRows > (most?.missingRows ?? 0) ? gap : most), null);
}

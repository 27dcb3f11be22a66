/** What the served forecasts were worth beside what the report of the version says. */

import { countOf, formatNumber, formatPercent, MISSING } from '../../text/numbers.js';
import { makeSentence } from '../../text/sentences.js';
import type { TrackRecordAnswer } from '../../wire/wire.js';

export interface RecordRow {
  readonly name: string;
  readonly served: string;
  /** How sure the served figure is. */
  readonly range?: string;
  readonly reported: string;
  /** What the figure is, in one sentence. */
  readonly meaning: string;
}

export function recordRows(record: TrackRecordAnswer): RecordRow[] {
  const { promised } = record;
  const interval = record.hitRateCi95;
  return [
    {
      name: 'Direction right',
      served: formatPercent(record.hitRate),
      range: interval === null ? undefined : `${formatNumber(100 * interval[0], 1)} to ${formatPercent(interval[1])}`,
      reported: formatPercent(promised.hitRate),
      meaning: 'Share of forecasts with the right sign, and where the true share lies in 95 of 100 cases.',
    },
    {
      name: 'Correlation (IC)',
      served: formatNumber(record.ic, 3, { isSigned: true }),
      reported: formatNumber(promised.ic, 3, { isSigned: true }),
      meaning: 'Of forecast and outcome; 0 is none.',
    },
    {
      name: 'Brier score',
      served: formatNumber(record.brier, 4),
      reported: formatNumber(promised.brier, 4),
      meaning: 'Of the confidence; 0.25 is a coin, less is better.',
    },
    {
      name: 'Inside the interval',
      served: formatPercent(record.intervalCoverage),
      reported: promised.intervalCoverage === null ? formatPercent(0.8, 0) : formatPercent(promised.intervalCoverage),
      meaning: 'Share of outcomes inside the 80\u00a0% interval; 80\u00a0% is right, more is too wide.',
    },
    {
      name: 'Return of the signals',
      served: formatPercent(record.netReturn, 2, { isSigned: true }),
      reported: MISSING,
      meaning: `Sum over ${countOf(record.signals, 'signal')} followed, after costs.`,
    },
  ];
}

export interface RecordJudgement {
  readonly tone: 'good' | 'notice' | 'bad' | 'plain';
  readonly title: string;
  readonly text: string;
}

/** Below this many outcomes even a large difference is chance. */
const FEW = 30;

/** The one sentence above the figures. */
export function judgeRecord(record: TrackRecordAnswer): RecordJudgement {
  const { drift, scored, forecasts } = record;
  if (drift.isDrifting) {
    return {
      tone: 'bad',
      title: 'Below its report',
      text:
        drift.reasons.length === 0
          ? 'The served forecasts do significantly worse than the report said.'
          : drift.reasons.map(makeSentence).join(' '),
    };
  }
  if (scored === 0) {
    return {
      tone: 'plain',
      title: 'Nothing to judge yet',
      text:
        forecasts === 0
          ? 'This version has not served a forecast.'
          : `${countOf(forecasts, 'forecast')} served; the first outcome comes when a candle closes.`,
    };
  }
  if (scored < FEW) {
    return {
      tone: 'plain',
      title: 'Too early to tell',
      text: `${countOf(scored, 'outcome')} so far: differences from the report are chance until there are many more.`,
    };
  }
  const interval = record.hitRateCi95;
  if (interval !== null && interval[0] <= 0.5) {
    return {
      tone: 'notice',
      title: 'Not told apart from a coin',
      text: `Over ${countOf(scored, 'outcome')} the share of right directions may as well be one half. It is not below what the report says either.`,
    };
  }
  if (record.netReturn !== null && record.netReturn < 0) {
    return {
      tone: 'notice',
      title: 'As reported, but its signals lost',
      text: `Over ${countOf(scored, 'outcome')} the forecasts do what the report said; following the signals would have lost ${formatPercent(-record.netReturn, 2)} after costs.`,
    };
  }
  return {
    tone: 'good',
    title: 'As reported',
    text: `Over ${countOf(scored, 'outcome')} the served forecasts do what the report of the version said.`,
  };
}

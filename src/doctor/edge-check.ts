/** Are there enough rows to show the edge that the test speaks of? */

import { measureDetectableEdge } from '../evaluation/score-shape.js';
import { DEFAULT_SOURCE, originOf } from '../market/candle-origin.js';
import { INTERVAL_MS } from '../market/interval.js';
import { counted, figure } from '../text/sentences.js';
import type { ExaminedModel } from './examined-model.js';
import { trainCommand } from './fix-command.js';
import { type CheckResult, fault, pass, skip } from './report.js';

/** The first candles of the default exchange: no history begins earlier. */
const HISTORY_BEGINS_MS = Date.UTC(2017, 7, 17);
/** A larger share leaves too little to train on. */
const LARGEST_TEST_SHARE = 0.6;

export function checkEdge(model: ExaminedModel): CheckResult {
  const { config, report, manifest } = model;
  const test = report?.test;
  if (test === undefined) return skip('edge', 'the version has no report.json with its test');
  const { ic } = test;
  const { independentLabels: labels, smallestIc } =
    test.detectableEdge ?? measureDetectableEdge(test.rows, config.horizon);
  const evidence = {
    ic: ic ?? null,
    testRows: test.rows,
    independentLabels: labels,
    smallestIc,
    verdict: report?.verdict ?? null,
  };
  const shown = `${counted(labels, 'independent label')} can show an IC from ${figure(smallestIc)}`;
  if (typeof ic !== 'number') return pass('edge', `no edge is claimed: the forecasts do not vary; ${shown}`, evidence);
  // less than its standard error: not even the sign is known
  if (ic < 1 / Math.sqrt(labels)) return pass('edge', `no edge is claimed (IC ${figure(ic)}); ${shown}`, evidence);
  if (ic >= smallestIc) return pass('edge', `an IC of ${figure(ic)}; ${shown}`, evidence);
  const neededLabels = Math.ceil(labels * (smallestIc / ic) ** 2);
  const neededRows = Math.ceil((neededLabels * config.horizon) / config.testShare);
  return fault('edge', {
    status: 'warning',
    finding: `an IC of ${figure(ic)} is less than the test rows can tell from chance: ${shown}, and ${counted(neededLabels, 'label')} would be needed`,
    evidence: { ...evidence, neededLabels, neededRows },
    cause: `too little data for so small an edge: ${counted(neededRows, 'candle')} at a test share of ${config.testShare}, there were ${counted(manifest.data.rows, 'candle')}`,
    command: commandForMore(model, neededLabels, neededRows),
  });
}

/** A longer history where there can be one, else more of this one for the test; `null` where neither suffices. */
function commandForMore(
  { config, manifest, place }: ExaminedModel,
  neededLabels: number,
  neededRows: number,
): string | null {
  const fromMs = manifest.data.lastOpenTimeMs - neededRows * INTERVAL_MS[config.interval];
  if (fromMs >= HISTORY_BEGINS_MS && !originOf(config.source).isSimulated) {
    const from = new Date(fromMs).toISOString().slice(0, 10);
    const source = originOf(config.source).isImported ? DEFAULT_SOURCE : config.source;
    return trainCommand(config, { from, data: undefined, source }, place);
  }
  const share = (neededLabels * config.horizon) / manifest.data.rows;
  if (share > LARGEST_TEST_SHARE) return null;
  return trainCommand(config, { testShare: Math.ceil(share * 100) / 100 }, place);
}

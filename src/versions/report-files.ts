import { TradeAiError } from '../core/errors.js';
import type { ModelVersion, VersionFiles } from '../ports/registry.js';
import type { VersionFileName } from '../registry/manifest.js';
import { renderHtmlReport } from '../report/html-report.js';
import { reportSchema, type StoredReport } from '../wire/wire.js';
import { encodeJson, parseJsonFile } from './model-files.js';
import type { TrainReport } from './train-report.js';

/** The report of a version, for programs and for people. */
export function encodeReportFiles(report: TrainReport, createdAtMs: number, codeVersion: string): VersionFiles {
  const page = renderHtmlReport({ ...report, createdAtMs, codeVersion });
  return new Map<VersionFileName, Uint8Array>([
    ['report.json', encodeJson(report satisfies StoredReport)],
    ['report.html', new TextEncoder().encode(page)],
  ]);
}

/**
 * The report of a version, with what was decided after it was published and with all that this program does not read of
 * it; `undefined` where the version came without one.
 *
 * @throws TradeAiError `MODEL_CORRUPT` for one that no program of ours has written
 */
export function decodeReport({ manifest, files, decision }: ModelVersion): TrainReport | undefined {
  const bytes = files.get('report.json');
  if (bytes === undefined) return undefined;
  let report: TrainReport;
  try {
    const json = parseJsonFile(bytes);
    reportSchema.parse(json);
    report = json as TrainReport;
  } catch (cause) {
    const { name, version } = manifest;
    throw new TradeAiError('MODEL_CORRUPT', `${name} version ${version}: report.json is not what this program wrote`, {
      hint: 'train it again, or use the program version that wrote it',
      cause,
    });
  }
  if (decision === undefined) return report;
  const { verdict, isPromoted, reasons } = decision;
  return { ...report, verdict, promoted: isPromoted, reasons };
}

/** The same where the version serves without one, too: `undefined` for a damaged report as for none. */
export function decodeReportIfSound(version: ModelVersion): StoredReport | undefined {
  try {
    return decodeReport(version);
  } catch (error) {
    if (error instanceof TradeAiError) return undefined;
    throw error;
  }
}

/** Whether a version still waits for the names that it is tested together with. */
export function isUndecided({ manifest, decision }: ModelVersion): boolean {
  return decision === undefined && (manifest.run?.nameCount ?? 1) > 1;
}
